// SPDX-License-Identifier: MIT
/*
 * Where another CPU starts: 16-bit real mode, CS:IP = TRAMPOLINE_GPA / 16 : 0, interrupts off, no
 * stack. Goes through 32-bit protected mode to 64-bit mode on the tables of the boot information,
 * which map this page 1:1, and from there to the CPU's own tables and stack.
 *
 * The code between trampoline_start and trampoline_end is data here, and copied to TRAMPOLINE_GPA.
 */
#include "hw/x86.h"
#include "kernel/asm.inc"
#include "kernel/layout.h"
#include "kernel/native/start_cpu.h"

#define OFFSET(symbol) (symbol - trampoline_start)
#define LOW(symbol)    (OFFSET(symbol) + TRAMPOLINE_GPA)
#define SEL_CODE32     0x18

	.section .rodata.trampoline, "a"
	.globl trampoline_start, trampoline_end, trampoline_root
	.code16
trampoline_start:
	cli
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	lgdtl	OFFSET(gdt_pointer)
	movl	$(CR0_PE | CR0_ET | CR0_NE), %eax	// INIT left caching off: on again
	movl	%eax, %cr0
	ljmpl	$SEL_CODE32, $LOW(protected_mode)

	.code32
protected_mode:
	movl	$SEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%eax, %fs
	movl	%eax, %gs
	movl	$(CR4_PAE | CR4_MCE), %eax
	movl	%eax, %cr4
	movl	LOW(trampoline_root), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$(EFER_LME | EFER_NXE), %eax
	wrmsr
	movl	$(CR0_PG | CR0_WP | CR0_PE | CR0_ET | CR0_NE), %eax
	movl	%eax, %cr0
	ljmp	$SEL_CODE, $LOW(long_mode)

	.code64
long_mode:
	movabsq	$trampoline_high, %rax
	jmp	*%rax

	.balign 8
gdt:
	.quad	0
	.quad	0x00af9b000000ffff	// 64-bit code, ring 0
	.quad	0x00cf93000000ffff	// data, ring 0
	.quad	0x00cf9b000000ffff	// 32-bit code, ring 0
gdt_pointer:
	.word	. - gdt - 1
	.long	LOW(gdt)
trampoline_root:
	.long	0
trampoline_end:

	.text
function trampoline_high
	movq	native_cpu_root(%rip), %rax
	movq	%rax, %cr3
	movabsq	$STACK_MAIN_TOP, %rsp
	xorl	%ebp, %ebp		// end of the frame-pointer chain
	call	native_cpu_entered
	ud2
function_end trampoline_high

	.section .note.GNU-stack, "", @progbits
