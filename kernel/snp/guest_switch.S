// SPDX-License-Identifier: MIT
/*
 * The two places where a CPU stops running the kernel: it enters the guest, or waits. Both first
 * look at the doorbell page; between that look and the stop lies a window in which #HV
 * (trap_entry.S) sends execution to its end, so no event is slept over. Interrupts are off on entry
 * and exit.
 */
#include "hw/x86.h"
#include "kernel/asm.inc"

	.text

/*
 * bool guest_switch(const struct hv_doorbell *): exits to the host with the request that stands in the
 * GHCB, whose address the GHCB MSR has. False when an event came first.
 */
	.globl guest_window_start, guest_window_end, guest_switch_cancel
function guest_switch
	testb	$DOORBELL_NO_FURTHER_SIGNAL, DOORBELL_FLAGS(%rdi)
guest_window_start:
	jnz	guest_switch_cancel
	rep; vmmcall
guest_window_end:
	movl	$1, %eax
	ret
guest_switch_cancel:
	xorl	%eax, %eax
	ret
function_end guest_switch

// void idle_wait(const struct hv_doorbell *): until an event may have come.
	.globl idle_window_start, idle_window_end
function idle_wait
	testb	$DOORBELL_NO_FURTHER_SIGNAL, DOORBELL_FLAGS(%rdi)
idle_window_start:
	jnz	idle_window_end
	sti
	hlt
idle_window_end:
	cli
	ret
function_end idle_wait

	.section .note.GNU-stack, "", @progbits
