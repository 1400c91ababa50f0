// SPDX-License-Identifier: MIT
#include "kernel/asm.inc"

	.text

// void call_on_stack(uint64_t top, void (*run)(void *), void *argument): 64-bit mode, any stack.
function call_on_stack
	pushq	%rbp
	movq	%rsp, %rbp
	movq	%rdi, %rsp
	movq	%rdx, %rdi
	call	*%rsi
	leave
	ret
function_end call_on_stack

	.section .note.GNU-stack, "", @progbits
