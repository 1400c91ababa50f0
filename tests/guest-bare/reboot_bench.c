// SPDX-License-Identifier: MIT
/*
 * Time of one reboot: from the call to the firmware's first instruction, by the TSC, which goes on.
 * fw_cfg: opt/copra/mib, how much memory is validated in 2 MiB; opt/copra/blocks, how many separate
 * small pages besides; opt/copra/small, 1: everything in small pages.
 */
#include "tests/guest-bare/boots.h"

#define LIST_MAX 500
#define BLOCKS	 FRESH(0) // their region
#define REST	 FRESH(16)
#define ROUNDS	 3

static bool is_svsm(uint64_t gpa)
{
	return gpa + LARGE_PAGE_SIZE > secrets->svsm_base &&
	       gpa < secrets->svsm_base + secrets->svsm_size;
}

static void small_validate(uint64_t gpa, uint64_t step, uint64_t count)
{
	while (count > 0) {
		uint16_t part = (uint16_t)MIN(count, (uint64_t)LIST_MAX);

		for (uint16_t i = 0; i < part; i++, gpa += step)
			list_entries(LIST_GPA)[i] = gpa | VALID;
		if (pvalidate_list(LIST_GPA, part, 0))
			report_abort(
				"small page 0x%lx", list_entries(LIST_GPA)[list_next(LIST_GPA)]);
		count -= part;
	}
}

// The map of the host is made private in large pieces first: small pages are split from them.
static void large_private(uint64_t gpa, uint64_t end)
{
	for (; gpa < end; gpa += LARGE_PAGE_SIZE)
		need_private(gpa, true);
}

static void memory_validate(uint64_t mib, uint64_t blocks, bool small)
{
	large_private(BLOCKS, REST);
	small_validate(BLOCKS, 2 * PAGE_SIZE, MIN(blocks, (REST - BLOCKS) / (2 * PAGE_SIZE)));
	for (uint64_t gpa = REST; mib > 0 && gpa < memory_end(); gpa += LARGE_PAGE_SIZE, mib -= 2) {
		if (is_svsm(gpa))
			continue;
		if (small) {
			need_private(gpa, true);
			small_validate(gpa, PAGE_SIZE, LARGE_PAGE_SIZE / PAGE_SIZE);
		} else {
			need_large(gpa);
		}
	}
}

static uint64_t tsc_kept(void)
{
	return kept(KEPT_TSC_LOW) | (uint64_t)kept(KEPT_TSC_HIGH) << 32;
}

static void tsc_keep(uint64_t tsc)
{
	keep(KEPT_TSC_LOW, (uint32_t)tsc);
	keep(KEPT_TSC_HIGH, (uint32_t)(tsc >> 32));
}

static uint64_t ticks_of_a_second(void)
{
	uint8_t now = clock_seconds();
	uint64_t start = 0;

	while (clock_seconds() == now)
		;
	start = rdtsc();
	now = clock_seconds();
	while (clock_seconds() == now)
		;
	return rdtsc() - start;
}

// Lines for tests/bench/reboot.sh: at once how long ago the firmware started, then ticks.
void run_reboot_bench(void)
{
	uint64_t mib = parameter("opt/copra/mib", 256);
	uint64_t blocks = parameter("opt/copra/blocks", 0);
	bool small = parameter("opt/copra/small", 0) != 0;

	if (boot_number() == 0)
		print("bench\tstarted\t%lu\n", rdtsc() - start_tsc);
	else
		print("bench\treboot\t%lu\n", start_tsc - tsc_kept());
	if (boot_number() == ROUNDS) {
		print("bench\tsecond\t%lu\n", ticks_of_a_second());
		expect(boot_number(), ROUNDS, "reboots");
		return;
	}
	memory_validate(mib, blocks, small);
	tsc_keep(rdtsc());
	reboot_or_abort();
}
