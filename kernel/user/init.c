// SPDX-License-Identifier: MIT
#include "hw/x86.h"
#include "kernel/cpu.h"
#include "kernel/layout.h"
#include "kernel/user/enter.h"
#include "kernel/user/fpu.h"

// What SYSCALL switches off: above all interrupts, single-stepping and the way around SMAP.
#define SYSCALL_MASK                                                                               \
	(RFLAGS_IF | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC | RFLAGS_RF | RFLAGS_CF |       \
		RFLAGS_ZF)

void user_init_cpu(void)
{
	fpu_init_cpu();
	// Null selectors; the bases come from MSRs.
	__asm__ volatile("movl %0, %%fs\n\tmovl %0, %%gs" ::"r"(0));
	cpu_write_msr(MSR_GS_BASE, 0);
	cpu_write_msr(MSR_KERNEL_GS_BASE, 0);
	// SYSCALL takes CS and SS from bits 47:32. SYSRET is not used.
	cpu_write_msr(MSR_STAR, (uint64_t)SEL_CODE << 32);
	cpu_write_msr(MSR_LSTAR, (uint64_t)syscall_entry);
	cpu_write_msr(MSR_SFMASK, SYSCALL_MASK);
	cpu_write_msr(MSR_EFER, cpu_read_msr(MSR_EFER) | EFER_SCE);
}
