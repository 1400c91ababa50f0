// SPDX-License-Identifier: MIT
#include "hw/x86.h"
#include "kernel/asm.inc"
#include "kernel/layout.h"

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

/*
 * uint64_t hv_at(uint64_t rip, const struct hv_doorbell *): as if #HV had come at this address of a function
 * that was called from here. Returns when that function does, with what it returns.
 */
function hv_at
	movq	%rsp, %rax
	movl	%ss, %ecx
	pushq	%rcx
	pushq	%rax
	pushfq
	pushq	$SEL_CODE
	pushq	%rdi
	movq	%rsi, %rdi
	jmp	trap_entry_28
function_end hv_at

	.section .note.GNU-stack, "", @progbits
