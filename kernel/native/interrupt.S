// SPDX-License-Identifier: MIT
/*
 * Interrupts of the native platform. In the kernel they are on for one instruction only, the HLT of
 * native_idle, so a wake-up that comes earlier stays pending in the local APIC and ends that HLT at
 * once.
 * Nothing is served here: whoever waited looks for itself.
 */
#include "kernel/asm.inc"
#include "kernel/native/apic.h"

	.text

// void native_idle(void): until an interrupt; RFLAGS.IF is clear on entry and exit.
function native_idle
	sti
	hlt
	cli
	ret
function_end native_idle

// Entry of the wake-up, on the stack that was interrupted, or from ring 3 on user_frame.
function native_wake_entry
	pushq	%rax
	movabsq	$(LOCAL_APIC_VA + APIC_EOI), %rax
	movl	$0, (%rax)
	popq	%rax
	testb	$3, 8(%rsp)		// CS: a program in ring 3 stops for it
	jnz	1f
	iretq
1:	pushq	$0
	pushq	$WAKE_VECTOR
	jmp	trap_common
function_end native_wake_entry

// A spurious interrupt takes no EOI (APM 2 section 16.4.7).
function native_spurious_entry
	iretq
function_end native_spurious_entry

	.section .note.GNU-stack, "", @progbits
