// SPDX-License-Identifier: MIT
/*
 * Time of one reboot: from the call to the firmware's first instruction, by the TSC, which goes on.
 * fw_cfg: opt/copra/mib, how much memory is validated in 2 MiB; opt/copra/blocks, how many separate
 * small pages besides; opt/copra/small, 1: everything in small pages.
 */
#include "tests/guest-bare/boots.h"

#include "lib/util.h"

#define LIST_MAX   500
#define BLOCKS	   FRESH(0) // their region
#define BLOCKS_MAX 8191
#define REST	   FRESH(32)
#define ROUNDS	   3

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

static void piece_validate(uint64_t gpa, bool small)
{
	if (!small) {
		need_large(gpa);
		return;
	}
	need_private(gpa, true);
	small_validate(gpa, PAGE_SIZE, LARGE_PAGE_SIZE / PAGE_SIZE);
}

// From REST on, wherever the map has memory, behind 4 GiB too: it is not touched.
static void memory_validate(uint64_t mib, bool small)
{
	uint64_t start = 0, end = 0, done = 0;

	for (unsigned i = 0; memory_range(i, &start, &end); i++) {
		start = MAX((start + LARGE_PAGE_SIZE - 1) & ~(LARGE_PAGE_SIZE - 1), REST);
		for (; start + LARGE_PAGE_SIZE <= end && done < mib; start += LARGE_PAGE_SIZE) {
			piece_validate(start, small);
			done += 2;
		}
	}
}

static void blocks_validate(uint64_t blocks)
{
	for (uint64_t gpa = BLOCKS; gpa < BLOCKS + blocks * 2 * PAGE_SIZE; gpa += LARGE_PAGE_SIZE)
		need_private(gpa, true);
	small_validate(BLOCKS, 2 * PAGE_SIZE, blocks);
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
	blocks_validate(MIN(blocks, (uint64_t)BLOCKS_MAX));
	memory_validate(mib, small);
	tsc_keep(rdtsc());
	reboot_or_abort();
}
