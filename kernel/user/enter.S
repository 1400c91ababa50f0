// SPDX-License-Identifier: MIT
/*
 * To ring 3 and back. For the kernel, running a program is a call: user_enter() returns when the
 * program does anything that it cannot do alone, and what that was stands in this CPU's
 * user_frame. So nothing of the kernel is kept on a stack of the program's.
 */
#include "hw/x86.h"
#include "kernel/asm.inc"
#include "kernel/layout.h"
#include "kernel/registers.inc"
#include "kernel/trap.h"

	.text

/*
 * void user_enter(void): ring 0, interrupts off, the program's address space is loaded and its
 * registers are in user_frame, checked. From the look at the doorbell page to the IRET lies a window
 * in which #HV (trap_entry.S) sends execution to user_cancel: an event that comes there would else
 * go unseen until the next one. (On other platforms that page is ours and stays zero; interrupts
 * are off until the IRET.)
 */
	.globl user_window_start, user_window_end, user_cancel
function user_enter
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movabsq	$PERCPU_VA, %rax
	movq	%rsp, PERCPU_KERNEL_RSP(%rax)
	movabsq	$DOORBELL_VA, %rcx
	testb	$DOORBELL_NO_FURTHER_SIGNAL, DOORBELL_FLAGS(%rcx)
user_window_start:
	jnz	user_cancel
	leaq	PERCPU_USER_FRAME(%rax), %rsp
	pop_registers
	addq	$16, %rsp		// vector and error code
	iretq
user_window_end:
function_end user_enter

// The program has not run; user_frame is as it was, but for the vector.
function user_cancel
	movabsq	$USER_FRAME_VA, %rax
	movq	$VEC_HV, TRAP_FRAME_VECTOR(%rax)
	jmp	user_leave
function_end user_cancel

/*
 * SYSCALL: from ring 3, still on the program's stack pointer, with the return address in RCX and
 * RFLAGS in R11; SFMASK has turned interrupts off. Only RAX can be stored without a register.
 */
function syscall_entry
	movabsq	%rax, PERCPU_VA + PERCPU_SYSCALL_RAX
	movabsq	$USER_FRAME_VA, %rax
	movq	%rsp, TRAP_FRAME_RSP(%rax)
	movq	%rcx, TRAP_FRAME_RIP(%rax)
	movq	%r11, TRAP_FRAME_RFLAGS(%rax)
	movq	$(SEL_UCODE | 3), TRAP_FRAME_CS(%rax)
	movq	$(SEL_UDATA | 3), TRAP_FRAME_SS(%rax)
	movq	$TRAP_SYSCALL, TRAP_FRAME_VECTOR(%rax)
	leaq	TRAP_FRAME_VECTOR(%rax), %rsp
	movabsq	PERCPU_VA + PERCPU_SYSCALL_RAX, %rax
	push_registers
	jmp	user_leave
function_end syscall_entry

// From trap_common: RSP is the frame, in user_frame or on an interrupt stack.
function trap_from_user
	movabsq	$USER_FRAME_VA, %rdi
	cmpq	%rdi, %rsp
	je	user_leave
	movq	%rsp, %rsi
	movl	$(TRAP_FRAME_SIZE / 8), %ecx
	rep movsq
user_leave:
	movabsq	$PERCPU_VA, %rax
	movq	PERCPU_KERNEL_RSP(%rax), %rsp
	pushq	$RFLAGS_RSVD1		// above all without AC, which would open SMAP
	popfq
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
function_end trap_from_user

	.section .note.GNU-stack, "", @progbits
