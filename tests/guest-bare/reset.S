/* SPDX-License-Identifier: MIT */
/*
 * Last page of the test guest's image: the reset vector, and what an OVMF image says about itself
 * (hw/ovmf.h), so that the SVSM launches it as it launches OVMF.
 *
 * The vCPU starts at reset_vector in 16-bit real mode, CS base 0xffff0000, all else as after reset.
 * Leaves at entry32 in flat 32-bit protected mode, paging off; ESI: bits 8 to 39 of the TSC at the start.
 */
#include "hw/x86.h"
#include "tests/bare/layout.h"
#include "tests/guest-bare/layout.h"

#define LOW(symbol) (symbol - BARE_IMAGE_VA + BARE_IMAGE_GPA)
#define SEGMENT_OFFSET(symbol) (symbol - page + 0xf000)

#define SEV_MEMORY  1
#define SEV_SECRETS 2
#define SEV_CPUID   3
#define SEV_CAA	    4
#define IGVM_AREA   0x100
#define IGVM_MAP    0x101
#define IGVM_COUNT  0x102

	.section .reset, "ax"
page:
	.code16
reset16:
	cli
	rdtsc
	shrdl	$8, %edx, %eax
	movl	%eax, %esi
	lgdtl	%cs:SEGMENT_OFFSET(gdt_pointer)
	movl	%cr0, %eax
	andl	$~(CR0_CD | CR0_NW), %eax
	orl	$CR0_PE, %eax
	movl	%eax, %cr0
	ljmpl	$BARE_SEL_CODE32, $LOW(reset32)

	.code32
reset32:
	movl	$BARE_SEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$LOW(entry32), %eax
	jmp	*%eax

gdt_pointer:
	.word	4 * 8 - 1
	.long	LOW(bare_gdt)

	.balign 16
sev_metadata:
	.ascii	"ASEV"
	.long	sev_metadata_end - sev_metadata, 1, 5
	.long	GUEST_MEMORY_GPA, GUEST_MEMORY_SIZE, SEV_MEMORY
	.long	GUEST_SECRETS_GPA, 0x1000, SEV_SECRETS
	.long	GUEST_CPUID_GPA, 0x1000, SEV_CPUID
	.long	GUEST_CAA_GPA, 0x1000, SEV_CAA
	.long	GUEST_MEMORY2_GPA, GUEST_MEMORY2_SIZE, SEV_MEMORY
sev_metadata_end:
igvm_metadata:
	.ascii	"IGVM"
	.long	igvm_metadata_end - igvm_metadata, 1, 3
	.long	GUEST_PARAMS_GPA, 0x1000, IGVM_AREA
	.long	0, GUEST_MAP_SIZE, IGVM_MAP
	.long	GUEST_MAP_SIZE, GUEST_COUNT_SIZE, IGVM_COUNT
igvm_metadata_end:

// The table ends 32 bytes before the image: two entries of 4 bytes and their footers, its footer.
#define FOOTER 18
#define TABLE  ((4 + FOOTER) * 2 + FOOTER)
	.org	0x1000 - 32 - TABLE
	.long	page + 0x1000 - sev_metadata
	.word	4 + FOOTER
	.byte	0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47
	.byte	0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc
	.long	page + 0x1000 - igvm_metadata
	.word	4 + FOOTER
	.byte	0x0e, 0xa7, 0x4f, 0x78, 0x76, 0x31, 0x77, 0x46
	.byte	0x8a, 0x20, 0x04, 0xb6, 0x86, 0x99, 0xe3, 0x74
	.word	TABLE
	.byte	0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45
	.byte	0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d

	.org	0x1000 - 16
	.code16
reset_vector:
	.byte	0xe9 // jmp, relative to the next instruction
	.word	reset16 - (reset_vector + 3)
	.org	0x1000

	.section .note.GNU-stack, "", @progbits
