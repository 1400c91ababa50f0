// SPDX-License-Identifier: MIT
/*
 * Where QEMU's -kernel starts the kernel (hw/pvh.h): 32-bit protected mode, flat segments, paging
 * off, no stack, no IDT, EBX = address of struct pvh_start_info. Leaves, as entry32 does, in
 * 64-bit mode at entry64_high with EBP = GPA of the boot information and RDI = C-bit mask, which
 * is 0: so the kernel knows that this is not SNP.
 *
 * None of this is in the IGVM file (abi/boot.h), and on SNP the first VMSA starts at entry32.
 */
#include "abi/boot.h"
#include "hw/pvh.h"
#include "hw/x86.h"
#include "kernel/asm.inc"
#include "kernel/native/vm_exit.h"

#define COM1	   0x3f8

#define CPUID_EXTENDED		 0x80000000
#define CPUID_EXTENDED_FEATURES	 0x80000001
#define CPUID_80000001_EDX_NX	 0x00100000
#define CPUID_80000001_EDX_LM	 0x20000000

#define PTE_TABLE  (PTE_P | PTE_W | PTE_A)
#define PTE_LARGE  (PTE_P | PTE_W | PTE_A | PTE_D | PTE_PS)
#define LARGE_SIZE 0x200000

#define STACK_SIZE 0x4000

	.section .note.pvh, "a", @note
	.balign	4
	.long	2f - 1f, 4f - 3f, PVH_NOTE_PHYS32_ENTRY
1:	.asciz	PVH_NOTE_NAME
2:	.balign	4
3:	.quad	loader_entry		// QEMU reads eight bytes
4:

// The first page of the loader: mapped 1:1 by the kernel's tables as well.
	.section .text.start, "ax"
	.code32
function loader_entry
	cli
	cld
	movl	$stack_top, %esp
	movl	%ebx, %ebp		// CPUID writes EBX
	movl	$CPUID_EXTENDED, %eax
	cpuid
	cmpl	$CPUID_EXTENDED_FEATURES, %eax
	jb	unsuitable
	movl	$CPUID_EXTENDED_FEATURES, %eax
	cpuid
	andl	$(CPUID_80000001_EDX_NX | CPUID_80000001_EDX_LM), %edx
	cmpl	$(CPUID_80000001_EDX_NX | CPUID_80000001_EDX_LM), %edx
	jne	unsuitable

	// The lower 4 GiB 1:1, in large pages; the upper halves of the entries are zero.
	movl	$directories, %edi
	movl	$PTE_LARGE, %eax
1:	movl	%eax, (%edi)
	addl	$8, %edi
	addl	$LARGE_SIZE, %eax
	jnc	1b
	movl	$(directories + PTE_TABLE), %eax
	movl	$pointers, %edi
2:	movl	%eax, (%edi)
	addl	$8, %edi
	addl	$0x1000, %eax
	cmpl	$(pointers + 4 * 8), %edi
	jb	2b
	movl	$(pointers + PTE_TABLE), root

	movl	$(CR4_PAE | CR4_MCE), %eax
	movl	%eax, %cr4
	movl	$root, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$(EFER_LME | EFER_NXE), %eax
	wrmsr
	lgdt	gdt_pointer
	movl	$(CR0_PG | CR0_WP | CR0_PE | CR0_ET | CR0_NE), %eax
	movl	%eax, %cr0
	ljmp	$8, $loader_entry64

// Too early for anything but the serial port.
unsuitable:
	movl	$unsuitable_text, %esi
1:	lodsb
	testb	%al, %al
	jz	2f
	movw	$COM1, %dx
	outb	%al, %dx
	jmp	1b
2:	movb	$DEBUG_EXIT_REFUSED, %al
	outb	%al, $DEBUG_EXIT_PORT
	movw	$ACPI_PM1A_CNT, %dx
	movw	$ACPI_POWER_OFF, %ax
	outw	%ax, %dx
3:	hlt
	jmp	3b
function_end loader_entry

	.code64
function loader_entry64
	movl	$16, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%ebp, %edi
	xorl	%ebp, %ebp		// end of the frame-pointer chain
	call	loader_main
	movl	%eax, %ebp		// boot information
	movq	BOOT_INFO_PAGE_ROOT_GPA(%rbp), %rax
	movq	%rax, %cr3
	xorl	%edi, %edi		// no C-bit
	movabsq	$entry64_high, %rax
	jmp	*%rax
function_end loader_entry64

	.balign	8
gdt:
	.quad	0
	.quad	0x00af9b000000ffff	// 64-bit code, ring 0
	.quad	0x00cf93000000ffff	// data, ring 0
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt

	.section .rodata
unsuitable_text:
	.asciz	"native loader: the processor has no 64-bit mode or no NX: use QEMU's -cpu max\n"

// The kernel's segments as boot_segment of abi/boot.h has them, but with the end for the size.
	.balign	8
	.globl	loader_segments
loader_segments:
	.quad	kernel_text_start, kernel_text_end, BOOT_SEGMENT_R | BOOT_SEGMENT_X
	.quad	kernel_rodata_start, kernel_rodata_end, BOOT_SEGMENT_R
	.quad	kernel_data_start, kernel_image_end, BOOT_SEGMENT_R | BOOT_SEGMENT_W

	.section .bss.start, "aw", @nobits
	.balign	4096
root:
	.skip	4096
pointers:
	.skip	4096
directories:
	.skip	4 * 4096
	.skip	STACK_SIZE
stack_top:

	.section .note.GNU-stack, "", @progbits
