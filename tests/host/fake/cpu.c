// SPDX-License-Identifier: MIT
// Registers and time. Only one CPU runs at a time: others get their turn when this one waits, which
// the kernel does with PAUSE.
#include "hw/ghcb.h"
#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/platform.h"
#include "kernel/reboot.h"
#include "kernel/tlb.h"
#include "tests/host/fake/internal.h"

#define TSC_STEP BIT(22) // what a look at the clock takes: so waits end after few rounds

struct fake_machine fake_machine;

uint32_t fake_cpu_current(void)
{
	return fake_machine.current;
}

void cpu_select(uint32_t index)
{
	if (index >= fake_machine.cpus)
		fake_die("there is no CPU %u", index);
	fake_machine.current = index;
	memory_tlb_drop();
}

void fake_cpu_select(uint32_t index)
{
	cpu_select(index);
}

void fake_set_cr2(uint64_t va)
{
	fake_cpu()->cr2 = va;
}

static void wait_for_a_reboot(void *unused)
{
	(void)unused;
	reboot_wait();
}

// A round of the event loop without a vCPU: what an IPI is sent for. It may end in a sleep within
// the kernel, from which the next IPI calls it back.
static void cpu_come_back(void)
{
	tlb_enter_kernel();
	platform_take_events();
	int reason = fake_try(wait_for_a_reboot, NULL);

	if (reason == FAKE_RETURNED)
		tlb_leave_kernel();
	else if (reason != FAKE_AT_REST)
		fake_leave(reason);
}

static void cpu_enter_main(void *unused)
{
	(void)unused;
	cpu_main();
}

static void cpu_start(struct fake_cpu *cpu)
{
	const struct vmsa *vmsa = (const struct vmsa *)fake_ptr(cpu->start_vmsa);

	cpu->cr0 = vmsa->cr0;
	cpu->cr3 = vmsa->cr3;
	cpu->cr4 = vmsa->cr4;
	cpu->start_vmsa = 0;
	int reason = fake_try(cpu_enter_main, NULL);

	if (reason != FAKE_AT_REST)
		fake_leave(reason);
}

void cpu_pause(void)
{
	uint32_t self = fake_machine.current;

	if (fake_armed.on_pause != NULL)
		fake_armed.on_pause();
	for (uint32_t i = 0; i < fake_machine.cpus; i++) {
		struct fake_cpu *cpu = &fake_machine.cpu[i];

		if (i == self || (cpu->start_vmsa == 0 && !cpu->woken))
			continue;
		cpu_select(i);
		if (cpu->start_vmsa != 0)
			cpu_start(cpu);
		else
			cpu_come_back();
		cpu->woken = false;
		cpu_select(self);
	}
}

void cpu_halt(void)
{
	fake_die("HLT: the kernel is at its end, and went on");
}

uint64_t cpu_read_tsc(void)
{
	fake_machine.tsc += TSC_STEP;
	return fake_machine.tsc;
}

bool cpu_rdrand(uint64_t *value)
{
	*value = 0x0123456789abcdef;
	if (fake_armed.rdrand_fails == 0)
		return true;
	fake_armed.rdrand_fails--;
	return false;
}

// CPUID does not offer it.
bool cpu_rdseed(uint64_t *value)
{
	(void)value;
	fake_die("RDSEED");
}

uint64_t cpu_read_msr(uint32_t msr)
{
	switch (msr) {
	case MSR_GHCB:
		return fake_cpu()->ghcb_msr;
	case MSR_SEV_STATUS:
		return fake_machine.sev_status;
	default:
		fake_die("RDMSR 0x%x", msr);
	}
}

void cpu_write_msr(uint32_t msr, uint64_t value)
{
	if (msr == MSR_GHCB)
		fake_cpu()->ghcb_msr = value;
	else if (msr != MSR_FS_BASE) // which only programs use
		fake_die("WRMSR 0x%x", msr);
}

uint64_t cpu_read_cr2(void)
{
	return fake_cpu()->cr2;
}

uint64_t cpu_read_cr0(void)
{
	return fake_cpu()->cr0;
}

void cpu_write_cr0(uint64_t value)
{
	fake_cpu()->cr0 = value;
}

uint64_t cpu_read_cr3(void)
{
	return fake_cpu()->cr3;
}

void cpu_write_cr3(uint64_t value)
{
	fake_cpu()->cr3 = value;
	memory_tlb_drop();
}

uint64_t cpu_read_cr4(void)
{
	return fake_cpu()->cr4;
}

void cpu_write_cr4(uint64_t value)
{
	if (((value ^ fake_cpu()->cr4) & CR4_PGE) != 0)
		memory_tlb_drop();
	fake_cpu()->cr4 = value;
}

void cpu_invlpg(uint64_t va)
{
	memory_tlb_drop_page(va);
}

void cpu_invlpgb_all(void)
{
	memory_tlb_drop();
}

void cpu_load_gdt(const struct cpu_table_pointer *p)
{
	(void)p;
}

void cpu_load_idt(const struct cpu_table_pointer *p)
{
	(void)p;
}

void cpu_load_tr(uint16_t selector)
{
	(void)selector;
}
