/* SPDX-License-Identifier: MIT */
/*
 * Start of a bare-metal test: entry32 in flat 32-bit protected mode, paging off (every access
 * private), no stack, no IDT, ESI handed through. The host's word on the C-bit is enough here: a
 * test that trusts its host is no loss.
 *
 * Leaves in 64-bit mode at bare_start(ESI) on CPU 0's stack, with the tables of layout.h.
 */
#include "hw/x86.h"
#include "tests/bare/layout.h"

#define LOW(symbol) (symbol - BARE_IMAGE_VA + BARE_IMAGE_GPA)
#define GHCB_MSR_SEV_INFO_REQ 2
#define TABLE_FLAGS (PTE_P | PTE_W | PTE_A)
#define LARGE_FLAGS (PTE_P | PTE_W | PTE_A | PTE_D | PTE_PS)

	.section .text.entry32, "ax"
	.code32
	.globl entry32
entry32:
	cli
	cld
	movl	%esi, %ebp

	// EDI: upper half of the C-bit's mask, from the SEV information of the GHCB MSR
	movl	$MSR_GHCB, %ecx
	movl	$GHCB_MSR_SEV_INFO_REQ, %eax
	xorl	%edx, %edx
	wrmsr
	rep; vmmcall
	rdmsr
	shrl	$24, %eax
	leal	-32(%eax), %ecx
	movl	$1, %edi
	shll	%cl, %edi

// COUNT entries of a table from entry INDEX on: the value in EAX, rising by STEP, upper half HIGH.
.macro FILL table, index, high, step, count
	movl	$LOW(\table), %ebx
	addl	$(\index * 8), %ebx
	movl	$(\count), %ecx
1:	movl	%eax, (%ebx)
	movl	\high, 4(%ebx)
	addl	$(\step), %eax
	addl	$8, %ebx
	subl	$1, %ecx
	jnz	1b
.endm
// The same with the addresses of COUNT tables that lie one behind the other, private.
.macro POINT table, index, to, count
	movl	$LOW(\to), %eax
	addl	$TABLE_FLAGS, %eax
	FILL	\table, \index, %edi, 0x1000, \count
.endm
	.set	LARGE_PAGES, 512 * BARE_VIEW_GIB
	POINT	bare_pml4, 0, pdpt_private, 1
	POINT	bare_pml4, 1, pdpt_shared, 1
	POINT	bare_pml4, 511, pdpt_image, 1
	POINT	pdpt_private, 0, pd_private, BARE_VIEW_GIB
	POINT	pdpt_shared, 0, pd_shared, BARE_VIEW_GIB
	POINT	pdpt_image, 510, pd_image, 1
	movl	$LARGE_FLAGS, %eax
	FILL	pd_private, 0, %edi, 0x200000, LARGE_PAGES
	xorl	%edx, %edx
	movl	$LARGE_FLAGS, %eax
	FILL	pd_shared, 0, %edx, 0x200000, LARGE_PAGES
	movl	$(BARE_IMAGE_GPA + LARGE_FLAGS), %eax
	FILL	pd_image, 0, %edi, 0x200000, BARE_IMAGE_LARGE_PAGES
	movl	$0, LOW(bare_cbit)
	movl	%edi, LOW(bare_cbit) + 4

	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$LOW(bare_pml4), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$(EFER_LME | EFER_NXE), %eax
	wrmsr
	lgdt	LOW(low_gdt_pointer)
	movl	%cr0, %eax
	andl	$~(CR0_CD | CR0_NW), %eax
	orl	$(CR0_PG | CR0_WP | CR0_PE | CR0_NE), %eax
	movl	%eax, %cr0
	ljmp	$BARE_SEL_CODE, $LOW(entry64)

	.code64
entry64:
	movl	$BARE_SEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movq	%cr3, %rax
	orq	bare_cbit, %rax
	movq	%rax, %cr3
	movabsq	$entry64_high, %rax
	jmp	*%rax

	.balign 8
low_gdt_pointer:
	.word	bare_gdt_end - bare_gdt - 1
	.long	LOW(bare_gdt)
	.long	0

	.text
entry64_high:
	lgdt	high_gdt_pointer
	leaq	bare_stacks + BARE_STACK_SIZE, %rsp
	movl	%ebp, %edi
	xorl	%ebp, %ebp
	call	bare_start
	ud2

	.balign 8
	.globl bare_gdt, bare_gdt_end
bare_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	// 64-bit code
	.quad	0x00cf93000000ffff	// data
	.quad	0x00cf9b000000ffff	// 32-bit code
	.quad	0x00cff3000000ffff	// data, CPL 3
	.quad	0x00affb000000ffff	// 64-bit code, CPL 3
	.quad	0, 0			// task-state segment, for those who want one
bare_gdt_end:
high_gdt_pointer:
	.word	bare_gdt_end - bare_gdt - 1
	.quad	bare_gdt

	.section .bss.tables, "aw", @nobits
	.balign 4096
	.globl bare_pml4, bare_stacks, bare_cbit, pd_private, pd_shared
bare_pml4:	.skip 4096
pdpt_private:	.skip 4096
pdpt_shared:	.skip 4096
pdpt_image:	.skip 4096
pd_private:	.skip 4096 * BARE_VIEW_GIB
pd_shared:	.skip 4096 * BARE_VIEW_GIB
pd_image:	.skip 4096
bare_stacks:	.skip BARE_STACK_SIZE * BARE_CPUS_MAX
bare_cbit:	.skip 8

	.section .note.GNU-stack, "", @progbits
