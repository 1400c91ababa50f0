// SPDX-License-Identifier: MIT
// First instructions of the image on the boot CPU, the way of the other CPUs out of real mode, and
// the exception stubs of the machine itself.
#include "machine/boot/layout.h"
#include "hw/x86.h"

	.section .text.entry, "ax"
	.code64
	.globl entry
// Mode: 64-bit, boot tables, interrupts off. RDI = physical base of the image.
entry:
	leaq	boot_stack_top(%rip), %rsp
	xorl	%ebp, %ebp
	call	machine_start
1:	hlt
	jmp	1b

// Copied to AP_TRAMPOLINE. Mode: real, CS = AP_TRAMPOLINE >> 4. The boot tables are still there.
	.code16
	.balign 16
	.globl ap_trampoline, ap_trampoline_end
ap_trampoline:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	lgdtl	(AP_TRAMPOLINE + ap_gdt_pointer - ap_trampoline)
	movl	$(CR0_PE | CR0_ET), %eax
	movl	%eax, %cr0
	ljmpl	$SEL_CODE32, $(AP_TRAMPOLINE + ap_protected - ap_trampoline)
	.code32
ap_protected:
	movw	$SEL_DATA, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT), %eax
	movl	%eax, %cr4
	movl	$BOOT_TABLES, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	xorl	%edx, %edx
	movl	$(EFER_LME | EFER_NXE), %eax
	wrmsr
	movl	$(CR0_PE | CR0_ET | CR0_MP | CR0_NE | CR0_WP | CR0_PG), %eax
	movl	%eax, %cr0
	ljmpl	$SEL_CODE64, $(AP_TRAMPOLINE + ap_long - ap_trampoline)
	.code64
ap_long:
	movabsq	$ap_entry, %rax
	jmp	*%rax
	.balign 8
ap_gdt:	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
	.quad	0x00af9b000000ffff
ap_gdt_pointer:
	.word	. - ap_gdt - 1
	.long	AP_TRAMPOLINE + ap_gdt - ap_trampoline
ap_trampoline_end:

// Mode: 64-bit, boot tables. One CPU at a time: ap_stack is its stack.
	.globl ap_entry
ap_entry:
	movq	ap_stack(%rip), %rsp
	xorl	%ebp, %ebp
	call	machine_start_ap
1:	hlt
	jmp	1b

	.text
// void wait_for_nmi(void): sleeps until an NMI. An NMI that came before the HLT makes nmi_stub
// step over it, so that none is lost. Called with GIF = 0 and IF = 0.
	.globl wait_for_nmi, wait_window_start, wait_window_end
wait_for_nmi:
	stgi
wait_window_start:
	nop
	hlt
wait_window_end:
	clgi
	ret

// Takes an NMI that is pending: GIF is 0 in the machine except here and above.
	.globl take_nmi
take_nmi:
	stgi
	nop
	nop
	clgi
	ret

// Of the table for cpu_drop_interrupts(): interrupts and NMIs, which have no error code.
	.globl ignore_stub
ignore_stub:
	iretq

// #DB: a breakpoint of a plane, which is armed for some instructions around each entry. RFLAGS.RF goes on.
	.globl debug_stub
debug_stub:
	orl	$0x10000, 16(%rsp)
	iretq

	.globl nmi_stub
nmi_stub:
	pushq	%rax
	pushq	%rcx
	movq	16(%rsp), %rax
	leaq	wait_window_start(%rip), %rcx
	cmpq	%rcx, %rax
	jb	1f
	leaq	wait_window_end(%rip), %rcx
	cmpq	%rcx, %rax
	jae	1f
	movq	%rcx, 16(%rsp)
1:	popq	%rcx
	popq	%rax
	iretq

// Exceptions of the machine itself: a bug. Builds struct trap_frame for machine_trap().
	.altmacro
	.macro TRAP vector
trap_\vector:
	.if (\vector == 8) || ((\vector >= 10) && (\vector <= 14)) || (\vector == 17) || (\vector == 30)
	.else
	pushq	$0
	.endif
	pushq	$\vector
	jmp	trap_common
	.endm
	.set	v, 0
	.rept	32
	TRAP	%v
	.set	v, v + 1
	.endr

trap_common:
	pushq	%rbp
	pushq	%rsp
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rbx
	pushq	%rax
	movq	%rsp, %rdi
	call	machine_trap
1:	hlt
	jmp	1b

	.section .rodata
	.balign 8
	.macro TRAP_ADDRESS vector
	.quad	trap_\vector
	.endm
	.globl trap_stubs
trap_stubs:
	.set	v, 0
	.rept	32
	TRAP_ADDRESS %v
	.set	v, v + 1
	.endr

	.bss
	.balign 16
boot_stack:
	.skip	32768
boot_stack_top:
	.section .note.GNU-stack, "", @progbits
