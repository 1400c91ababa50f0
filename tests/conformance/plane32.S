/* SPDX-License-Identifier: MIT */
/*
 * 32-bit program at VMPL3 (vc32.c): flat segments, with or without PAE paging at VA == GPA. Each
 * instruction that should raise an exception leaves vector << 16 | error code in the table
 * plane32_found, at its number. Ends by a switch to VMPL0.
 */
#include "hw/x86.h"
#include "tests/bare/layout.h"

#define LOW(symbol) (symbol - BARE_IMAGE_VA + BARE_IMAGE_GPA)

	.text
	.code32
	.globl plane32_start, plane32_found, plane32_idt, plane32_stack_top
	.globl plane32_vc, plane32_gp, plane32_ud, plane32_mmio
plane32_start:
	lidt	LOW(idt_pointer)
.macro RAISES number, insn:vararg
	movl	$\number, LOW(number32)
	movl	$LOW(9f), %esi
	movl	%esi, LOW(resume32)
	\insn
9:
.endm
.macro SETREGS ax, cx, dx
	movl	$\ax, %eax
	movl	$\cx, %ecx
	movl	$\dx, %edx
.endm
	SETREGS	0, 0, 0x3f8
	RAISES	0, cpuid
	SETREGS	0, 0, 0x3f8
	RAISES	1, inb %dx, %al
	SETREGS	0, 0, 0x3f8
	RAISES	2, outsb
	SETREGS	0, MSR_APIC_BASE, 0
	RAISES	3, rdmsr
	RAISES	4, wbinvd
	RAISES	5, vmmcall
	SETREGS	0, 0, 0
	RAISES	6, rdpmc
	RAISES	7, invd
	RAISES	8, movl %dr7, %eax
	movl	$0x400, %eax
	RAISES	9, movl %eax, %dr7
	SETREGS	0, 0, 0
	RAISES	10, .byte 0x0f, 0x01, 0xc9
	SETREGS	0, 0, 1
	RAISES	11, .byte 0xf2, 0x0f, 0x01, 0xff
	RAISES	12, ud2
	SETREGS	0, MSR_SEV_STATUS, 0
	RAISES	13, wrmsr
	cmpl	$0, LOW(plane32_mmio)
	je	1f
	movl	LOW(plane32_mmio), %ebx
	RAISES	14, movl (%ebx), %eax
1:	movl	$MSR_GHCB, %ecx
	movl	$0x16, %eax
	xorl	%edx, %edx
	wrmsr
	rep; vmmcall
	jmp	1b

.macro HANDLER name, vector, has_error
\name:
	.if !\has_error
	pushl	$0
	.endif
	popl	%eax
	orl	$(\vector << 16), %eax
	movl	LOW(number32), %ecx
	movl	%eax, LOW(plane32_found)(, %ecx, 4)
	movl	LOW(resume32), %eax
	movl	%eax, (%esp)
	iretl
.endm
	HANDLER	plane32_vc, VEC_VC, 1
	HANDLER	plane32_gp, VEC_GP, 1
	HANDLER	plane32_ud, VEC_UD, 0

	.data
	.balign 8
idt_pointer:
	.word	32 * 8 - 1
	.long	LOW(plane32_idt)
	.bss
	.balign 16
number32:	.skip 4
resume32:	.skip 4
plane32_mmio:	.skip 4
	.balign 8
plane32_found:	.skip 16 * 4
plane32_idt:	.skip 32 * 8
	.skip 1024
plane32_stack_top:

	.section .note.GNU-stack, "", @progbits
