// SPDX-License-Identifier: MIT
/*
 * All CPUs go to VMPL0 and back as fast as they can. What a CPU loads when its plane changes must
 * not reach another CPU: QEMU lets XRSTOR of x87 registers on one CPU change flags of CPU 0, with
 * which that CPU loses its nested page tables (docs/caveats.md, "QEMU").
 */
#include "tests/guest-bare/guest.h"

#define SECONDS_DEFAULT 10
#define STOP_MS		5000
#define CALLS_AT_ONCE	64

static _Atomic bool switches_end;
static uint64_t done[BARE_CPUS_MAX], refused[BARE_CPUS_MAX];

static void call_some(void)
{
	uint32_t cpu = this_cpu()->index;

	for (unsigned i = 0; i < CALLS_AT_ONCE; i++) {
		if (svsm_core(SVSM_CORE_QUERY_PROTOCOL, 1, 0, 0) != SVSM_SUCCESS)
			refused[cpu]++;
		done[cpu]++;
	}
}

static void job_switches(void)
{
	while (!switches_end)
		call_some();
}

void run_switches(void)
{
	uint64_t seconds = parameter("opt/copra/seconds", SECONDS_DEFAULT);

	for (uint32_t i = 1; i < cpu_count; i++) {
		if (!cpu_start(i))
			report_abort("CPU %u does not start", i);
		cpu_begin(i, job_switches);
	}
	work_for(seconds, call_some);
	switches_end = true;
	for (uint32_t i = 0; i < cpu_count; i++) {
		expect_true(i == 0 || cpu_wait(i, STOP_MS), "CPU %u ends", i);
		expect(refused[i], 0, "of %lu calls of CPU %u refused", done[i], i);
	}
}
