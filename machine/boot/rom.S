// SPDX-License-Identifier: MIT
// The ROM that QEMU's -bios takes: the machine's image as it is in memory, and in the last page
// the reset vector. Runs once, on the boot CPU: real mode -> 32-bit -> 64-bit, copies the image to
// the top of RAM and jumps into it. Memory below 1 MiB is free; no interrupt is enabled.
#include "machine/boot/layout.h"
#include "hw/x86.h"

	.section .payload, "a"
	.incbin MACHINE_BIN

	.section .stub, "ax"
stub_start:
	.code32
// Mode: 32-bit flat, paging off, ESP = BOOT_STACK.
protected:
	movw	$SEL_DATA, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$BOOT_STACK, %esp

	// EBX:ESI -> base of the image = top of RAM - IMAGE_SIZE. QEMU's CMOS tells RAM above 16 MiB
	// (0x34) and above 4 GiB (0x5b), both in units of 64 KiB.
	call	cmos_high
	testl	%eax, %eax
	jz	1f
	movl	%eax, %esi
	shll	$16, %esi
	movl	%eax, %ebx
	shrl	$16, %ebx
	incl	%ebx
	jmp	2f
1:	movb	$0x35, %al
	call	cmos_read
	movl	%eax, %esi
	shll	$8, %esi
	movb	$0x34, %al
	call	cmos_read
	orl	%eax, %esi
	shll	$16, %esi
	addl	$0x1000000, %esi
	xorl	%ebx, %ebx
2:	subl	$IMAGE_SIZE, %esi
	sbbl	$0, %ebx
	andl	$0xffe00000, %esi

	// Page tables: identity and direct map with 1 GiB pages, the image with two 2 MiB pages
	movl	$BOOT_TABLES, %edi
	xorl	%eax, %eax
	movl	$(4 * 4096 / 4), %ecx
	rep stosl
	movl	$BOOT_TABLES, %edi
	movl	$(BOOT_TABLES + 0x1000 + 3), 0(%edi)
	movl	$(BOOT_TABLES + 0x1000 + 3), 256 * 8(%edi)
	movl	$(BOOT_TABLES + 0x2000 + 3), 511 * 8(%edi)
	movl	$(BOOT_TABLES + 0x3000 + 3), 0x2000 + 510 * 8(%edi)
	leal	0x83(%esi), %eax
	movl	%eax, 0x3000(%edi)
	movl	%ebx, 0x3004(%edi)
	addl	$0x200000, %eax
	movl	%eax, 0x3008(%edi)
	movl	%ebx, 0x300c(%edi)
	leal	0x1000(%edi), %edi
	xorl	%ecx, %ecx
3:	movl	%ecx, %eax
	shll	$30, %eax
	orl	$0x83, %eax
	movl	%eax, (%edi, %ecx, 8)
	movl	%ecx, %eax
	shrl	$2, %eax
	movl	%eax, 4(%edi, %ecx, 8)
	incl	%ecx
	cmpl	$512, %ecx
	jb	3b

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
	ljmpl	$SEL_CODE64, $long_mode

	.code64
// Mode: 64-bit, boot tables. ESI, EBX as above. Passes RDI = physical base of the image.
long_mode:
	movl	%esi, %esi
	shlq	$32, %rbx
	orq	%rsi, %rbx
	movl	$ROM_BASE, %esi
	movq	%rbx, %rdi
	movl	$(PAYLOAD_MAX / 8), %ecx
	rep movsq
	movl	$((IMAGE_SIZE - PAYLOAD_MAX) / 8), %ecx
	xorl	%eax, %eax
	rep stosq
	movq	%rbx, %rdi
	movabsq	$MACHINE_VA, %rax
	jmp	*%rax

	.code32
cmos_read: // AL = register -> EAX
	outb	%al, $0x70
	xorl	%eax, %eax
	inb	$0x71, %al
	ret
cmos_high: // RAM above 4 GiB in 64 KiB units -> EAX
	movb	$0x5d, %al
	call	cmos_read
	movl	%eax, %edx
	movb	$0x5c, %al
	call	cmos_read
	shll	$8, %edx
	orl	%eax, %edx
	movb	$0x5b, %al
	call	cmos_read
	shll	$8, %edx
	orl	%edx, %eax
	ret

	.balign 8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
	.quad	0x00af9b000000ffff
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt

	.code16
// Mode: real, CS base 0xffff0000, from the reset vector.
real:	cli
	lgdtl	%cs:(gdt_pointer - 0xffff0000)
	movl	$(CR0_PE | CR0_ET), %eax
	movl	%eax, %cr0
	ljmpl	$SEL_CODE32, $protected

	.org	0xff0
	.globl reset_vector
reset_vector:
	jmp	real
	.org	0x1000
