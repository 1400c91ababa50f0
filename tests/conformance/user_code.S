/* SPDX-License-Identifier: MIT */
/*
 * What user.c runs at CPL 3, in 64-bit mode at VA == GPA: each label is one instruction that raises
 * an exception, else UD2 does. Registers are what the kernel side left.
 */
	.text
.macro USER name, insn:vararg
	.globl \name
\name:
	\insn
	ud2
.endm
	USER	user_cpuid, cpuid
	USER	user_vmmcall, vmmcall
	USER	user_rdmsr, rdmsr
	USER	user_in, inb $0x70, %al
	USER	user_wbinvd, wbinvd
	USER	user_hlt, hlt
	USER	user_pvalidate, .byte 0xf2, 0x0f, 0x01, 0xff
	USER	user_rmpadjust, .byte 0xf3, 0x0f, 0x01, 0xfe
	USER	user_rmpquery, .byte 0xf3, 0x0f, 0x01, 0xfd
	USER	user_invlpgb, .byte 0x0f, 0x01, 0xfe
	USER	user_rdtsc, rdtsc
	USER	user_mmio, movabsl 0xfed00000, %eax

	.section .note.GNU-stack, "", @progbits
