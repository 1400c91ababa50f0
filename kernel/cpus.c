// SPDX-License-Identifier: MIT
#include "kernel/cpus.h"

#include "kernel/bootinfo.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/madt.h"
#include "kernel/page.h"
#include "kernel/pagetable.h"
#include "kernel/platform.h"
#include "kernel/role.h"
#include "kernel/section.h"
#include "kernel/user/enter.h"

// Bounds the wait for a CPU, in TSC ticks: tens of seconds at any real frequency.
#define CPU_START_TICKS (1ull << 36)

static struct cpu cpus[CPUS_MAX];
static uint32_t cpu_count RO_AFTER_INIT;
static gpa_t roots[CPUS_MAX] RO_AFTER_INIT;

uint32_t cpus_count(void)
{
	return cpu_count;
}

struct cpu *cpus_get(uint32_t index)
{
	return &cpus[index];
}

struct cpu *cpus_find_online(uint32_t apic_id)
{
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (cpus[i].apic_id == apic_id)
			return atomic_load(&cpus[i].online) ? &cpus[i] : NULL;
	}
	return NULL;
}

static uint32_t cpus_host_count(void)
{
	uint32_t count = 0;
	struct bytes general =
		bytes_make(bootinfo_ptr(bootinfo()->general_gpa), BOOT_PARAM_PAGE_SIZE);

	if (!get_le32(general, BOOT_GENERAL_VP_COUNT, &count))
		return 0;
	return count;
}

// The MADT knows which ids are in use; without one they are taken to be 0, 1, 2 and so on.
static size_t cpus_read_ids(uint32_t *ids)
{
	const struct boot_range *madt = &bootinfo()->madt;
	size_t count = 0;

	if (madt->size != 0 &&
		madt_read_apic_ids(bytes_make(bootinfo_ptr(madt->gpa), madt->size), ids, CPUS_MAX,
			&count) == OK &&
		count > 0)
		return count;
	count = MAX(cpus_host_count(), 1u);
	log_warn("no usable MADT: APIC ids 0 to %lu assumed", count - 1);
	if (count > CPUS_MAX)
		terminate(TERMINATE_MEMORY_MAP);
	for (size_t i = 0; i < count; i++)
		ids[i] = (uint32_t)i;
	return count;
}

void cpus_init(void)
{
	static uint32_t ids[CPUS_MAX];
	size_t count = cpus_read_ids(ids);

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			// Two CPUs with one id: a call could never be told apart.
			if (ids[i] == ids[j])
				terminate(TERMINATE_MEMORY_MAP);
		}
		cpus[i].index = (uint32_t)i;
		cpus[i].apic_id = ids[i];
	}
	cpu_count = (uint32_t)count;
	atomic_store(&cpus[0].online, true);
	this_cpu()->cpu = &cpus[0];
}

static void cpu_wait_online(struct cpu *cpu)
{
	uint64_t start = cpu_read_tsc();

	while (!atomic_load(&cpu->online)) {
		if (cpu_read_tsc() - start > CPU_START_TICKS) {
			log_error("CPU %u (APIC id %u) did not start", cpu->index, cpu->apic_id);
			terminate(TERMINATE_CPU_START);
		}
		cpu_pause();
	}
}

static void cpu_must(const struct cpu *cpu, enum error err)
{
	if (err == OK)
		return;
	log_error("CPU %u (APIC id %u): error %d", cpu->index, cpu->apic_id, err);
	terminate(err == ERR_NO_MEMORY ? TERMINATE_NO_MEMORY : TERMINATE_CPU_START);
}

// The last changes of the shared tables: no other CPU runs that could keep a translation.
void cpus_prepare(void)
{
	for (uint32_t i = 1; i < cpu_count; i++)
		cpu_must(&cpus[i], percpu_create(&cpus[i], &roots[i]));
	cpu_must(&cpus[0], platform_prepare_cpus(cpu_count));
	pagetable_seal();
}

void cpus_start(void)
{
	for (uint32_t i = 1; i < cpu_count; i++)
		cpu_must(&cpus[i], platform_start_cpu(&cpus[i], roots[i]));
	for (uint32_t i = 1; i < cpu_count; i++)
		cpu_wait_online(&cpus[i]);
	log_info("CPUs: %u online", cpu_count);
}

_Noreturn void cpu_main(void)
{
	platform_init_cpu();
	user_init_cpu();
	atomic_store(&this_cpu()->cpu->online, true);
	role_run_other();
}
