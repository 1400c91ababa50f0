// SPDX-License-Identifier: MIT
// A guest that hangs: every CPU spins with interrupts off and leaves the guest no more. Whoever
// debugs it finds each CPU in hang_spin(), and lets all go by setting hang_over.
#include "tests/guest-bare/guest.h"

#define HANG_MS 10000

static volatile bool hang_over;
static volatile uint64_t hang_turns[BARE_CPUS_MAX];
static _Atomic uint32_t hang_count;

static __attribute__((noinline)) void hang_spin(volatile uint64_t *turns)
{
	hang_count++;
	__asm__ volatile("cli");
	while (!hang_over)
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
