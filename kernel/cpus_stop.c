// SPDX-License-Identifier: MIT
#include "kernel/cpus_stop.h"

#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/log.h"
#include "kernel/percpu.h"
#include "kernel/platform.h"

// How long all CPUs may take to come back to the kernel, in TSC ticks: a few seconds.
#define STOP_TICKS (1ull << 33)

static atomic_bool stopped; // no CPU may run the guest

bool cpus_are_stopped(void)
{
	return atomic_load(&stopped);
}

static void park(struct cpu *cpu)
{
	while (atomic_load(&stopped)) {
		atomic_store(&cpu->parked, true);
		platform_idle();
		platform_take_events();
	}
}

void cpus_wait(void)
{
	struct cpu *cpu = this_cpu()->cpu;

	// Looks again afterwards: whoever stops them next may have seen this CPU parked.
	do {
		park(cpu);
		atomic_store(&cpu->parked, false);
	} while (atomic_load(&stopped));
}

static bool is_other(const struct cpu *cpu)
{
	return cpu != this_cpu()->cpu;
}

static void wake_all(void)
{
	for (uint32_t i = 0; i < cpus_count(); i++) {
		if (is_other(cpus_get(i)))
			error_ignore(platform_wake_cpu(cpus_get(i))); // waited for, or not missed
	}
}

void cpus_go(void)
{
	atomic_store(&stopped, false);
	wake_all();
}

static bool all_parked(const struct cpu **missing)
{
	for (uint32_t i = 0; i < cpus_count(); i++) {
		*missing = cpus_get(i);
		if (is_other(*missing) && !atomic_load(&(*missing)->parked))
			return false;
	}
	return true;
}

// Each CPU sets `outside` and then looks at `stopped`, or sees the event in its doorbell page: none
// gets into the guest that was not called back.
enum error cpus_stop(void)
{
	const struct cpu *missing = NULL;
	uint64_t start = cpu_read_tsc();

	atomic_store(&stopped, true);
	wake_all();
	while (!all_parked(&missing)) {
		if (cpu_read_tsc() - start > STOP_TICKS) {
			log_warn("reboot: CPU %u does not come back", missing->index);
			cpus_go();
			return ERR_RMP_INUSE;
		}
		cpu_pause();
	}
	return OK;
}
