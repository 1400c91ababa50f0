// SPDX-License-Identifier: MIT
// Guests for somebody who debugs them. One hangs: every CPU spins with interrupts off and leaves
// the guest no more. In the other all CPUs are busy and CPU 0 counts the seconds. Both go on for
// ever, until the debugger sets `over`; the second one may end by itself.
#include "tests/guest-bare/guest.h"

#define HANG_MS 10000

static volatile bool over;
static volatile uint64_t hang_turns[BARE_CPUS_MAX];
static _Atomic uint32_t hang_count;

static __attribute__((noinline)) void hang_spin(volatile uint64_t *turns)
{
	hang_count++;
	__asm__ volatile("cli");
	while (!over)
		++*turns;
}

static void hang_job(void)
{
	hang_spin(&hang_turns[this_cpu()->index]);
}

void run_hang(void)
{
	for (uint32_t cpu = 1; cpu < cpu_count; cpu++) {
		if (!cpu_start(cpu))
			report_abort("CPU %u did not start", cpu);
		cpu_begin(cpu, hang_job);
	}
	if (!wait_for(hang_count == cpu_count - 1, HANG_MS))
		report_abort("not all CPUs hang");
	report_note("%u CPUs spin with interrupts off", cpu_count);
	hang_job();
	for (uint32_t cpu = 1; cpu < cpu_count; cpu++)
		expect_true(cpu_wait(cpu, HANG_MS), "CPU %u goes on", cpu);
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++)
		expect_true(hang_turns[cpu] > 0, "CPU %u had hung", cpu);
}

static void busy_job(void)
{
	while (!over)
		(void)svsm_core(SVSM_CORE_QUERY_PROTOCOL, 0, 0, 0);
}

// With DebugSwap the debug registers are the guest's own, whatever a debugger outside uses of them.
static void debug_registers_check(void)
{
	const uint64_t wanted = 0x12345678;
	uint64_t got = 0;

	__asm__ volatile("mov %0, %%dr0" ::"r"(wanted));
	(void)clock_seconds(); // leaves the guest
	__asm__ volatile("mov %%dr0, %0" : "=r"(got));
	expect(got, wanted, "DR0 is kept");
}

void run_busy(void)
{
	uint8_t second = clock_seconds();
	uint32_t seconds = 0, end = (uint32_t)parameter("opt/copra/seconds", 0);

	debug_registers_check();
	for (uint32_t cpu = 1; cpu < cpu_count; cpu++) {
		if (!cpu_start(cpu))
			report_abort("CPU %u did not start", cpu);
		cpu_begin(cpu, busy_job);
	}
	while (!over) {
		uint8_t now = clock_seconds();

		if (now != second)
			report_note("second %u", ++seconds);
		second = now;
		if (end && seconds == end)
			over = true;
	}
	for (uint32_t cpu = 1; cpu < cpu_count; cpu++)
		expect_true(cpu_wait(cpu, HANG_MS), "CPU %u goes on", cpu);
}
