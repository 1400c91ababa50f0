// SPDX-License-Identifier: MIT
// Costs of calls to the SVSM in time-stamp counter ticks. Under QEMU's -icount shift=0 a tick is
// one instruction of the emulated processor, the machine's included: exact and repeatable.
#include "tests/guest-bare/guest.h"

#define ROUNDS	  64
#define LIST_MAX  500
#define BENCH_GPA FRESH(40) // two regions of 2 MiB

static uint64_t exit_cost(void)
{
	uint64_t start = rdtsc();

	for (unsigned i = 0; i < ROUNDS; i++)
		(void)ghcb_exit(ghcb_begin(), GHCB_EXIT_HV_FEATURES, 0, 0);
	return (rdtsc() - start) / ROUNDS;
}

static uint64_t call_cost(void)
{
	uint64_t start = rdtsc();

	for (unsigned i = 0; i < ROUNDS; i++)
		if (svsm_core(SVSM_CORE_QUERY_PROTOCOL, 1, 0, 0))
			report_abort("QUERY_PROTOCOL failed");
	return (rdtsc() - start) / ROUNDS;
}

// A list of `count` pages from gpa on; ticks of the call.
static uint64_t list_cost(uint64_t gpa, uint64_t step, uint16_t count, uint64_t flags)
{
	uint64_t list = svsm_caa_gpa() + offsetof(struct svsm_caa, buffer), start, end;

	for (uint16_t i = 0; i < count; i++)
		list_entries(list)[i] = (gpa + i * step) | flags;
	start = rdtsc();
	if (pvalidate_list(list, count, 0))
		report_abort("PVALIDATE of %u pages at 0x%lx failed", count, gpa);
	end = rdtsc();
	return end - start;
}

static void line(const char *what, uint64_t value, const char *unit)
{
	print("bench\t%s\t%lu\t%s\n", what, value, unit);
}

void run_bench(void)
{
	uint64_t call, list;

	(void)exit_cost(); // QEMU translates, the SVSM maps: the second time counts
	(void)call_cost();
	line("exit to the host and back", exit_cost(), "instructions");
	call = call_cost();
	line("core call round trip", call, "instructions");
	for (uint16_t i = 0; i < LIST_MAX; i++)
		need_private(BENCH_GPA + i * 0x1000ull, false);
	list = list_cost(BENCH_GPA, 0x1000, LIST_MAX, VALID);
	line("validate a 4 KiB page", (list - call) / LIST_MAX, "instructions");
	list = list_cost(BENCH_GPA, 0x1000, LIST_MAX, 0);
	line("invalidate a 4 KiB page", (list - call) / LIST_MAX, "instructions");
	need_private(BENCH_GPA + LARGE_PAGE_SIZE, true);
	list = list_cost(BENCH_GPA + LARGE_PAGE_SIZE, 0, 1, VALID | LARGE_SIZE);
	line("validate 4 KiB of a 2 MiB page", (list - call) / 512, "instructions");
	if (!bench_vtpm(line))
		report_abort("the vTPM refuses a command");
	if (!bench_services(line))
		report_abort("a service refuses a call");
}
