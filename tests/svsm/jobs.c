// SPDX-License-Identifier: MIT
// Work for the other CPUs. Between jobs they are idle, as a CPU without a guest is.
#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/tlb.h"
#include "tests/svsm/suite.h"

// Bounds every wait, in TSC ticks: tens of seconds.
#define WAIT_TICKS (1ull << 36)

static struct job {
	void *argument;
	_Atomic(job_function) run; // NULL: nothing to do, or done
} jobs[CPUS_MAX];

bool wait_until(bool (*condition)(void *), void *argument)
{
	uint64_t start = cpu_read_tsc();

	while (!condition(argument)) {
		if (cpu_read_tsc() - start > WAIT_TICKS)
			return false;
		cpu_pause();
	}
	return true;
}

_Noreturn void jobs_serve(void)
{
	struct job *job = &jobs[this_cpu()->cpu->index];

	for (;;) {
		platform_take_events();
		job_function run = atomic_load(&job->run);

		if (run != NULL) {
			run(job->argument);
			atomic_store(&job->run, NULL);
			continue;
		}
		tlb_leave_kernel();
		platform_idle();
		tlb_enter_kernel();
	}
}

void job_start(uint32_t index, job_function run, void *argument)
{
	jobs[index].argument = argument;
	atomic_store(&jobs[index].run, run);
	if (platform_wake_cpu(cpus_get(index)) != OK)
		suite_abort("CPU %u cannot be woken", index);
}

static bool job_is_done(void *job)
{
	return atomic_load(&((struct job *)job)->run) == NULL;
}

void job_wait(uint32_t index)
{
	if (!wait_until(job_is_done, &jobs[index]))
		suite_abort("CPU %u does not end its job", index);
}

void job_run(uint32_t index, job_function run, void *argument)
{
	job_start(index, run, argument);
	job_wait(index);
}

void job_run_everywhere(job_function run, void *argument, size_t size)
{
	for (uint32_t i = 1; i < cpus_count(); i++)
		job_start(i, run, (uint8_t *)argument + i * size);
	run(argument);
	for (uint32_t i = 1; i < cpus_count(); i++)
		job_wait(i);
}

void job_disturb(void *argument)
{
	const atomic_bool *end = argument;

	while (!atomic_load(end)) {
		uint64_t start = cpu_read_tsc();

		error_ignore(platform_wake_cpu(cpus_get(0)));
		while (cpu_read_tsc() - start < 1000000)
			cpu_pause();
	}
}
