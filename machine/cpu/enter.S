// SPDX-License-Identifier: MIT
#include "machine/boot/layout.h"
	.text
	.code64
// void vmrun_enter(uint64_t vmcb_pa, struct guest_regs *regs, uint64_t host_vmcb_pa)
// Mode: 64-bit, GIF = 0, on the machine's stack. Leaves by VMRUN and comes back after #VMEXIT with
// the host's RSP and RAX; all other general registers are the guest's then. GS and FS are the guest's
// until the VMLOAD of the machine's own state.
	.globl vmrun_enter, vmrun_return
vmrun_enter:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rdx
	pushq	%rsi
	movq	%rdi, %rax
	movq	%rsi, %rbp
	movq	0x00(%rbp), %rbx
	movq	0x08(%rbp), %rcx
	movq	0x10(%rbp), %rdx
	movq	0x18(%rbp), %rsi
	movq	0x20(%rbp), %rdi
	movq	0x30(%rbp), %r8
	movq	0x38(%rbp), %r9
	movq	0x40(%rbp), %r10
	movq	0x48(%rbp), %r11
	movq	0x50(%rbp), %r12
	movq	0x58(%rbp), %r13
	movq	0x60(%rbp), %r14
	movq	0x68(%rbp), %r15
	movq	0x28(%rbp), %rbp
	vmload	%rax
	vmrun	%rax
vmrun_return:
	vmsave	%rax
	pushq	%rbp
	movq	8(%rsp), %rbp
	movq	%rbx, 0x00(%rbp)
	movq	%rcx, 0x08(%rbp)
	movq	%rdx, 0x10(%rbp)
	movq	%rsi, 0x18(%rbp)
	movq	%rdi, 0x20(%rbp)
	popq	0x28(%rbp)
	movq	%r8, 0x30(%rbp)
	movq	%r9, 0x38(%rbp)
	movq	%r10, 0x40(%rbp)
	movq	%r11, 0x48(%rbp)
	movq	%r12, 0x50(%rbp)
	movq	%r13, 0x58(%rbp)
	movq	%r14, 0x60(%rbp)
	movq	%r15, 0x68(%rbp)
	popq	%rsi
	popq	%rax
	vmload	%rax
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
	.section .note.GNU-stack, "", @progbits
