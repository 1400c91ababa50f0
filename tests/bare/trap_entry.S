/* SPDX-License-Identifier: MIT */
/*
 * Exception entries, 64-bit: every vector leads to trap_handle(struct trap_frame *) on the stack
 * that was in use. The frame is that of cpu.h.
 */
#include "tests/bare/layout.h"

	.text
	.balign 16
	.globl trap_entries
trap_entries:
.set vector, 0
.rept 32
	.balign 16
	// these push an error code (APM 2, section 8.2)
	.if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || \
		vector == 29 || vector == 30)
	pushq	$0
	.endif
	pushq	$vector
	jmp	trap_common
.set vector, vector + 1
.endr

trap_common:
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rbx
	pushq	%rbp
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	cld
	movq	%rsp, %rdi
	call	trap_handle
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rbp
	popq	%rbx
	popq	%rdx
	popq	%rcx
	popq	%rax
	addq	$16, %rsp
	iretq

// void trap_try_call(uint64_t address): a call of code that may not be executable. A fault on its
// first instruction comes back here.
	.globl trap_try_call, trap_call_return
trap_try_call:
	call	*%rdi
trap_call_return:
	ret

	.globl trap_user_run, trap_user_return
trap_user_run:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdx)
	pushq	$(BARE_SEL_UDATA | 3)
	pushq	%rsi
	pushq	$2			// RFLAGS
	pushq	$(BARE_SEL_UCODE | 3)
	pushq	%rdi
	iretq
trap_user_return:
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
