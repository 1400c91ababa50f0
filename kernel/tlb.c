// SPDX-License-Identifier: MIT
#include "kernel/tlb.h"

#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/guest_memory.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/platform.h"

// Bounds the wait for a CPU, in TSC ticks: tens of seconds.
#define CALL_BACK_TICKS (1ull << 36)

static atomic_ullong generation; // counts the flushes that were asked for

static void flush_own(uint64_t target)
{
	platform_flush_own_tlb();
	atomic_store(&this_cpu()->cpu->tlb_generation, target);
}

// Sequentially consistent on both sides: either the CPU that leaves sees the new generation, or
// the one that asks sees that it is outside.
void tlb_leave_kernel(void)
{
	struct cpu *cpu = this_cpu()->cpu;

	for (;;) {
		atomic_store(&cpu->outside, true);
		uint64_t target = atomic_load(&generation);

		if (atomic_load(&cpu->tlb_generation) == target)
			return;
		atomic_store(&cpu->outside, false);
		flush_own(target);
	}
}

void tlb_enter_kernel(void)
{
	atomic_store(&this_cpu()->cpu->outside, false);
}

// A CPU without a vCPU runs no guest; it is called back when it gets one.
static bool must_come_back(const struct cpu *cpu, uint64_t target)
{
	return cpu != this_cpu()->cpu && cpu->vcpu != NULL && atomic_load(&cpu->outside) &&
	       atomic_load(&cpu->tlb_generation) < target;
}

static void wait_for(const struct cpu *cpu, uint64_t target)
{
	uint64_t start = cpu_read_tsc();

	while (must_come_back(cpu, target)) {
		if (cpu_read_tsc() - start > CALL_BACK_TICKS) {
			log_error("CPU %u does not come back", cpu->index);
			terminate(TERMINATE_CALL_BACK);
		}
		cpu_pause();
	}
}

void tlb_flush_all(void)
{
	KERNEL_ASSERT(spinlock_is_held(&guest_lock));
	if (platform_flush_all_tlbs())
		return;
	uint64_t target = atomic_fetch_add(&generation, 1) + 1;

	flush_own(target);
	for (uint32_t i = 0; i < cpus_count(); i++) {
		if (must_come_back(cpus_get(i), target) && platform_wake_cpu(cpus_get(i)) != OK)
			terminate(TERMINATE_CALL_BACK);
	}
	for (uint32_t i = 0; i < cpus_count(); i++)
		wait_for(cpus_get(i), target);
}
