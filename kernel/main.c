// SPDX-License-Identifier: MIT
// The boot CPU's way from entry32 to the event loop.
#include "kernel/bootinfo.h"
#include "kernel/cpus.h"
#include "kernel/guest_memory.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/memmap.h"
#include "kernel/page.h"
#include "kernel/pagetable.h"
#include "kernel/platform.h"
#include "kernel/protect.h"
#include "kernel/role.h"
#include "kernel/trap.h"
#include "kernel/user/enter.h"

#ifndef COPRA_VERSION
#define COPRA_VERSION "0.1"
#endif

// Enough for the boot CPU's stacks and its GHCB; each costs an exit of its own.
#define EARLY_PAGES 64

void kernel_start(const struct boot_info *info, uint64_t cbit);
_Noreturn void kernel_main(void);

static gpa_t heap_end(void)
{
	return gpa_make(bootinfo()->region.gpa + bootinfo()->region.size);
}

static gpa_t heap_early_end(void)
{
	gpa_t start = gpa_make(bootinfo()->heap_gpa);
	uint64_t bookkeeping = page_bookkeeping_size(start, heap_end());

	return gpa_add(
		start, MIN(bookkeeping + EARLY_PAGES * PAGE_SIZE, gpa_distance(start, heap_end())));
}

// The first pages one by one, since there is no GHCB yet.
static void heap_init_early(void)
{
	gpa_t start = gpa_make(bootinfo()->heap_gpa);
	gpa_t end = heap_early_end();
	gpa_t usable = gpa_add(start, page_bookkeeping_size(start, heap_end()));

	for (gpa_t page = start; gpa_less(page, end); page = gpa_add(page, PAGE_SIZE)) {
		if (platform_validate_page(page) != OK)
			terminate(TERMINATE_PVALIDATE);
	}
	page_init(start, heap_end());
	page_add(usable, gpa_distance(usable, end));
}

static void heap_init_rest(void)
{
	gpa_t start = heap_early_end();
	uint64_t size = gpa_distance(start, heap_end());
	enum error err = platform_validate_range(start, size);

	if (err != OK) {
		log_error("heap: error 0x%x", err);
		terminate(err == ERR_HOST ? TERMINATE_PAGE_STATE : TERMINATE_PVALIDATE);
	}
	page_add(start, size);
}

static void log_boot(void)
{
	const struct boot_info *info = bootinfo();

	log_info("Copra SVSM %s, platform %s", COPRA_VERSION, platform_name());
	log_info("kernel region: 0x%010lx-0x%010lx, heap from 0x%010lx", info->region.gpa,
		info->region.gpa + info->region.size - 1, info->heap_gpa);
}

// From entry32.S, on the main stack of the boot CPU's window.
_Noreturn void kernel_main(void)
{
	percpu_drop_boot_stack();
	log_boot();
	platform_init();
	heap_init_early();
	if (percpu_complete_boot() != OK)
		terminate(TERMINATE_NO_MEMORY);
	trap_use_stacks();
	percpu_load_tables();
	platform_init_cpu();
	log_open_console();
	protect_init_cpu();
	user_init_cpu();
	heap_init_rest();
	log_info("heap: %lu of %lu KiB free", TO_KIB(page_count_free() * PAGE_SIZE),
		TO_KIB(page_count_total() * PAGE_SIZE));
	memmap_init();
	memmap_log();
	guest_memory_init();
	cpus_init();
	cpus_prepare();
	cpus_start();
	role_run();
}

// From entry32.S, on the boot stack, which kernel_main gets anew at another address: so it returns
// first. Without a stack protector, whose guard it sets.
__attribute__((no_stack_protector)) void kernel_start(const struct boot_info *info, uint64_t cbit)
{
	// No C-bit, no SNP. entry32 never passes 0, and the native loader is not in the IGVM file:
	// so this is part of what is measured, and not the host's to choose.
	platform_choose(cbit != 0 ? &platform_snp : &platform_native);
	trap_init_early();
	bootinfo_init(info);
	pagetable_init(cbit);
	percpu_init_boot();
	protect_seed_stack_guard();
}
