// SPDX-License-Identifier: MIT
/*
 * Exception entries. 64-bit mode, from ring 0 on any stack, or from ring 3 on an interrupt stack or
 * on this CPU's user_frame (TSS.RSP0). Each leaves on the stack what struct trap_frame says; from
 * ring 0 it calls trap_dispatch, from ring 3 it goes to trap_from_user (user/enter.S).
 */
#include "hw/x86.h"
#include "kernel/asm.inc"
#include "kernel/layout.h"
#include "kernel/registers.inc"
#include "kernel/trap.h"

	.text

.macro trap_entry vector, has_error
	.balign 16
trap_entry_\vector:
	.if \has_error == 0
	pushq	$0
	.endif
	pushq	$\vector
	jmp	trap_common
.endm

function trap_common
	push_registers
	cld
	testb	$3, TRAP_FRAME_CS(%rsp)
	jnz	trap_from_user
	movq	%rsp, %rdi
	// A frame for the back trace: return address and frame pointer of what was interrupted.
	call	trap_dispatch
	pop_registers
	addq	$16, %rsp		// vector and error code
	iretq
function_end trap_common

	trap_entry 0, 0
	trap_entry 1, 0
	trap_entry 2, 0
	trap_entry 3, 0
	trap_entry 4, 0
	trap_entry 5, 0
	trap_entry 6, 0
	trap_entry 7, 0
	trap_entry 8, 1
	trap_entry 9, 0
	trap_entry 10, 1
	trap_entry 11, 1
	trap_entry 12, 1
	trap_entry 13, 1
	trap_entry 14, 1
	trap_entry 15, 0
	trap_entry 16, 0
	trap_entry 17, 1
	trap_entry 18, 0
	trap_entry 19, 0
	trap_entry 20, 0
	trap_entry 21, 1
	trap_entry 22, 0
	trap_entry 23, 0
	trap_entry 24, 0
	trap_entry 25, 0
	trap_entry 26, 0
	trap_entry 27, 0
	trap_entry 29, 1
	trap_entry 30, 1
	trap_entry 31, 0

/*
 * #HV, on its own stack. The host may raise it at any instruction, interrupts on or off. Nothing
 * is served here: the event loop looks at the doorbell page itself before it waits. What must not
 * happen is that it waits after having looked and before the event: in the windows between the
 * look and the wait (guest_switch.S), or the look and the start of a program (user/enter.S), #HV
 * goes to where the window leads instead.
 *
 * The host sets NoFurtherSignal with each #HV, and only the event loop clears it, so an honest one
 * never raises #HV here; a second one would overwrite the frame of the first.
 */
.macro window start, end, target
	movq	$\start, %rcx
	cmpq	%rcx, %rax
	jb	1f
	movq	$\end, %rcx
	cmpq	%rcx, %rax
	jae	1f
	movq	$\target, %rcx
	jmp	3f
1:
.endm

	.balign 16
function trap_entry_28
	testb	$3, 8(%rsp)		// CS
	jz	4f
	pushq	$0
	pushq	$28
	jmp	trap_common
4:	pushq	%rax
	pushq	%rcx
	// The frame: +0 RCX, +8 RAX, +16 RIP, +24 CS, +32 RFLAGS, +40 RSP
	movabsq	$STACK_HV_TOP, %rax
	subq	40(%rsp), %rax		// distance of the interrupted RSP below the top
	cmpq	$(STACK_HV_PAGES * PAGE_SIZE), %rax
	jb	trap_nested_hv
	movq	16(%rsp), %rax
	window	guest_window_start, guest_window_end, guest_switch_cancel
	window	idle_window_start, idle_window_end, idle_window_end
	window	user_window_start, user_window_end, user_cancel
	jmp	2f
3:	movq	%rcx, 16(%rsp)
2:	popq	%rcx
	popq	%rax
	iretq
function_end trap_entry_28

	.section .rodata
	.balign 8
	.globl trap_entries
trap_entries:
	.irp vector, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, \
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	.quad	trap_entry_\vector
	.endr

	.section .note.GNU-stack, "", @progbits
