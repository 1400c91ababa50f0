// SPDX-License-Identifier: MIT
#include "kernel/native/start_cpu.h"

#include "kernel/bootinfo.h"
#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/log.h"
#include "kernel/memmap.h"
#include "kernel/native/apic.h"
#include "kernel/tempmap.h"
#include "lib/string.h"

// In TSC ticks: a millisecond or more after INIT, some tenths of a second for the first start-up
// IPI, ten seconds or more in all.
#define INIT_TICKS    (1ull << 22)
#define STARTUP_TICKS (1ull << 29)
#define STARTUP_TRIES 64

extern const uint8_t trampoline_start[];
extern const uint8_t trampoline_end[];
extern const uint8_t trampoline_root[]; // u32 in it: page tables for the way to 64-bit mode

// For trampoline.S, one CPU at a time.
uint64_t native_cpu_root;
static uint64_t cpu_cr0;
static uint64_t cpu_cr4;
static atomic_bool entered;

static void trampoline_write(void)
{
	uint8_t *page = vaddr_to_ptr(tempmap_page(TEMP_PAGE_STATE, gpa_make(TRAMPOLINE_GPA)));
	uint32_t root = (uint32_t)bootinfo()->page_root_gpa;

	memcpy(page, trampoline_start, (size_t)(trampoline_end - trampoline_start));
	memcpy(page + (trampoline_root - trampoline_start), &root, sizeof(root));
	tempmap_unmap(TEMP_PAGE_STATE);
}

static bool wait_entered(uint64_t ticks)
{
	uint64_t start = cpu_read_tsc();

	while (cpu_read_tsc() - start < ticks) {
		if (atomic_load(&entered))
			return true;
		cpu_pause();
	}
	return false;
}

enum error native_start_cpu(const struct cpu *cpu, gpa_t root)
{
	if (!memmap_is_guest(gpa_make(TRAMPOLINE_GPA), PAGE_SIZE))
		return ERR_FORMAT;
	trampoline_write();
	native_cpu_root = gpa_value(root);
	cpu_cr0 = cpu_read_cr0();
	cpu_cr4 = cpu_read_cr4();
	atomic_store(&entered, false);
	enum error err = apic_send_init(cpu->apic_id);

	if (err != OK)
		return err;
	ignore_result(wait_entered(INIT_TICKS)); // not yet: a pause
	// A CPU that has started already ignores the next ones.
	for (unsigned int i = 0; i < STARTUP_TRIES; i++) {
		err = apic_send_startup(cpu->apic_id, gpa_make(TRAMPOLINE_GPA));
		if (err != OK)
			return err;
		if (wait_entered(STARTUP_TICKS))
			return OK;
	}
	log_error("CPU %u does not answer start-up IPIs", cpu->index);
	return ERR_HOST;
}

_Noreturn void native_cpu_entered(void)
{
	percpu_load_tables();
	cpu_write_cr0(cpu_cr0);
	cpu_write_cr4(cpu_cr4);
	// From here on the boot CPU may start the next one.
	atomic_store(&entered, true);
	cpu_main();
}
