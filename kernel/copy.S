// SPDX-License-Identifier: MIT
/*
 * Accesses that may fault: to guest memory, which guest and host can take away at any moment. A
 * fault continues at the label behind, by the exception table, and the function returns false.
 */
#include "kernel/asm.inc"

.macro may_fault insn:vararg
9991:	\insn
	.pushsection __ex_table, "a"
	.quad	9991b, copy_failed
	.popsection
.endm

	.text

// bool copy_may_fault(void *dst, const void *src, size_t size)
function copy_may_fault
	movq	%rdx, %rcx
	shrq	$3, %rcx
	may_fault rep movsq
	movl	%edx, %ecx
	andl	$7, %ecx
	may_fault rep movsb
	movl	$1, %eax
	ret
function_end copy_may_fault

// bool zero_may_fault(void *p, size_t size): size is a multiple of 256. Every page that the guest
// asks for goes through here. Plain stores in a row cost a third of REP STOSQ where the processor
// is emulated, and no more than memory does elsewhere.
function zero_may_fault
	xorl	%eax, %eax
1:
	.set	offset, 0
	.rept	32
	may_fault movq %rax, offset(%rdi)
	.set	offset, offset + 8
	.endr
	addq	$256, %rdi
	subq	$256, %rsi
	jnz	1b
	movl	$1, %eax
	ret
function_end zero_may_fault

// bool swap_may_fault(uint8_t *p, uint8_t *value): atomic exchange
function swap_may_fault
	movb	(%rsi), %cl
	may_fault xchgb %cl, (%rdi)
	movb	%cl, (%rsi)
	movl	$1, %eax
	ret
function_end swap_may_fault

copy_failed:
	xorl	%eax, %eax
	ret

	.section .note.GNU-stack, "", @progbits
