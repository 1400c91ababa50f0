// SPDX-License-Identifier: MIT
/*
 * Where the VM starts (abi/boot.h): 32-bit protected mode, flat segments, paging off, every access
 * private, no stack, no IDT, ESI = GPA of boot_info. Any fault here ends the VM.
 *
 * In 64-bit mode it calls kernel_start(boot_info, C-bit mask) on the boot stack, with the builder's
 * tables, whose every present entry now holds the C-bit; then, on the tables and the stack that this
 * has made, kernel_main().
 */
#include "abi/boot.h"
#include "hw/x86.h"
#include "kernel/asm.inc"
#include "kernel/layout.h"
#include "kernel/terminate.h"

// The address at which this page is mapped while it runs: 1:1 with the GPA.
#define LOW(symbol) (symbol - KERNEL_VA + KERNEL_GPA)

#define CPUID_ENTRIES_MAX 64
#define CPUID_ENTRY_SIZE  48
#define CPUID_ENTRY_FIRST 16
#define CPUID_ENTRY_EBX	  28

	.section .text.entry32, "ax"
	.code32
function entry32
	cli
	cld
	movl	%esi, %ebp		// EBP: boot_info, kept to the end

	// EBX: the CPUID page's entry for leaf 0x8000001f
	movl	BOOT_INFO_CPUID_GPA(%ebp), %ebx
	movl	(%ebx), %ecx
	cmpl	$CPUID_ENTRIES_MAX, %ecx
	ja	no_cbit
	addl	$CPUID_ENTRY_FIRST, %ebx
next_leaf:
	subl	$1, %ecx
	jc	no_cbit
	cmpl	$0x8000001f, (%ebx)
	je	leaf_found
	addl	$CPUID_ENTRY_SIZE, %ebx
	jmp	next_leaf

leaf_found:
	// EDI: upper half of the mask. A C-bit in the lower half would lie among the addresses that
	// the kernel itself uses.
	movl	CPUID_ENTRY_EBX(%ebx), %ecx
	andl	$0x3f, %ecx
	subl	$32, %ecx
	jc	no_cbit
	cmpl	$(51 - 32), %ecx
	ja	no_cbit
	movl	$1, %edi
	shll	%cl, %edi

	movl	BOOT_INFO_TABLES_GPA(%ebp), %eax
	movl	BOOT_INFO_TABLES_END_GPA(%ebp), %edx
next_entry:
	testb	$PTE_P, (%eax)
	jz	1f
	orl	%edi, 4(%eax)
1:	addl	$8, %eax
	cmpl	%edx, %eax
	jb	next_entry

	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	// Without C-bit: bit 32 and above do not exist in this mode, and the processor takes its
	// page-table accesses for private anyway. The full value follows below.
	movl	BOOT_INFO_PAGE_ROOT_GPA(%ebp), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$(EFER_LME | EFER_NXE), %eax
	wrmsr
	lgdt	LOW(entry_gdt_pointer)
	movl	%cr0, %eax
	orl	$(CR0_PG | CR0_WP | CR0_PE | CR0_NE), %eax
	movl	%eax, %cr0
	ljmp	$8, $LOW(entry64)

no_cbit:
	movl	$MSR_GHCB, %ecx
	movl	$(0x100 | TERMINATE_SET << 12 | TERMINATE_NO_CBIT_CODE << 16), %eax
	xorl	%edx, %edx
	wrmsr
	rep; vmmcall
2:	hlt
	jmp	2b

function_end entry32

	.code64
function entry64
	shlq	$32, %rdi
	movq	%cr3, %rax
	orq	%rdi, %rax
	movq	%rax, %cr3
	movl	$16, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movabsq	$entry64_high, %rax
	jmp	*%rax
function_end entry64

	.balign 8
entry_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	// 64-bit code, ring 0
	.quad	0x00cf93000000ffff	// data, ring 0
entry_gdt_pointer:
	.word	. - entry_gdt - 1
	.long	LOW(entry_gdt)
	.long	0

	.text
function entry64_high
	movl	%ebp, %ebp		// the upper half is undefined after 32-bit code
	movabsq	$(KERNEL_VA - KERNEL_GPA), %rax
	movq	%rdi, %rsi
	leaq	(%rbp, %rax), %rdi
	// The 1:1 mapping goes with these tables, and an early trap still reads CS from the GDT.
	lgdt	entry_gdt_high(%rip)
	movq	BOOT_INFO_STACK_TOP_VA(%rdi), %rsp
	xorl	%ebp, %ebp		// end of the frame-pointer chain
	call	kernel_start
	// The same pages, in the CPU's window: there they have guards, and no other CPU has them.
	movabsq	$STACK_MAIN_TOP, %rsp
	pushq	$0			// where gdb looks for who called this
	pushq	$0
	call	kernel_main
	ud2
function_end entry64_high

	.section .rodata
entry_gdt_high:
	.word	3 * 8 - 1
	.quad	entry_gdt

	.section .note.GNU-stack, "", @progbits
