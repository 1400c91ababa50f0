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

// bool zero_may_fault(void *p, size_t size): size is a multiple of 64
function zero_may_fault
	movq	%rsi, %rcx
	shrq	$3, %rcx
	xorl	%eax, %eax
	may_fault rep stosq
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
