// SPDX-License-Identifier: MIT
// A long command of the TPM delays the CPU that asked for it, and no other: what core calls take
// elsewhere, while CPU 0 spins, while it makes keys, and while it does so in steps.
#include "tests/guest-bare/steps.h"

#define PAGE_GPA(n) (FRESH(27) + (n)*PAGE_SIZE) // one for each CPU
#define PHASE_MS    1000
#define PAUSE_MS    1
#define KEYS_MAX    16
#define WAIT_MS	    20000

// Times in ticks
struct calls {
	uint64_t count;
	uint64_t sum;
	uint64_t longest;
};

static struct calls calls[BARE_CPUS_MAX];
static _Atomic bool phase_end;
static _Atomic uint32_t wrong;

static void call_time(uint64_t entry)
{
	struct calls *own = &calls[this_cpu()->index];
	uint64_t start = rdtsc();

	if (pvalidate_one(entry))
		wrong++;
	uint64_t took = rdtsc() - start;

	own->longest = MAX(own->longest, took);
	own->sum += took;
	own->count++;
}

// PVALIDATE of a page that is valid: all of a core call, guest_lock too, but the change of the RMP.
// For that the machine has to hear from every CPU, which on a computer with fewer processors takes
// as long as it does not run one of them.
static void job_calls(void)
{
	uint64_t entry = PAGE_GPA(this_cpu()->index) | VALID | IGNORE_CF;

	calls[this_cpu()->index] = (struct calls){0};
	while (!phase_end) {
		call_time(entry);
		ignore_result(wait_for(false, PAUSE_MS));
	}
}

static bool spin(uint64_t *longest)
{
	*longest = 0;
	return !wait_for(false, PHASE_MS);
}

// Different keys, since one may be found at once, until one takes long. The time of the longest.
static bool make_keys(uint32_t (*run)(uint64_t gpa), uint64_t *longest)
{
	uint64_t gpa = STEPS_BUFFER_GPA(0);

	*longest = 0;
	for (uint32_t i = 0; i < KEYS_MAX && *longest < PHASE_MS * TSC_PER_MS; i++) {
		uint64_t key_start = rdtsc();

		put_rsa_key(gpa, i);
		if (run(gpa) != TPM_RC_SUCCESS)
			return false;
		*longest = MAX(*longest, rdtsc() - key_start);
		if (!object_flush(STEPS_BUFFER_GPA(0) + PAGE_SIZE,
			    get32(response_data(gpa) + TPM_HEADER_SIZE)))
			return false;
	}
	return true;
}

static bool plain_keys(uint64_t *longest)
{
	return make_keys(command_run, longest);
}

static bool step_keys(uint64_t *longest)
{
	return make_keys(run_in_steps, longest);
}

// What all other CPUs did together
static struct calls calls_collect(void)
{
	struct calls all = {0};

	phase_end = true;
	for (uint32_t i = 1; i < cpu_count; i++) {
		expect_true(cpu_wait(i, WAIT_MS), "CPU %u comes back", i);
		all.count += calls[i].count;
		all.sum += calls[i].sum;
		all.longest = MAX(all.longest, calls[i].longest);
	}
	return all;
}

static uint64_t us(uint64_t ticks)
{
	return ticks * 1000 / TSC_PER_MS;
}

// One call that had to wait for the TPM would have taken a whole command. (How much less the others
// take says how the computer shares its processors out.)
static void phase(const char *name, bool (*run)(uint64_t *longest))
{
	uint64_t longest = 0, start = rdtsc();

	phase_end = false;
	for (uint32_t i = 1; i < cpu_count; i++)
		cpu_begin(i, job_calls);
	expect_true(run(&longest), "%s: CPU 0", name);
	uint64_t ms = (rdtsc() - start) / TSC_PER_MS;
	struct calls all = calls_collect();

	uint64_t count = MAX(all.count, 1ull);

	report_note("%s: %lu core calls on %u other CPUs in %lu ms", name, all.count, cpu_count - 1,
		ms);
	report_note("%s: %lu us on the average, %lu at most", name, us(all.sum / count),
		us(all.longest));
	if (!longest)
		return;
	report_note("%s: the longest command took %lu ms", name, us(longest) / 1000);
	expect_true(all.longest < longest / 2, "%s: no core call took half of a command", name);
}

void run_vtpm_latency(void)
{
	if (cpu_count < 2) {
		report_skip("one CPU");
		return;
	}
	for (uint32_t i = 1; i < cpu_count; i++) {
		need_valid(PAGE_GPA(i));
		expect_true(cpu_start(i), "CPU %u", i);
	}
	// What the tests before left unfinished comes first.
	expect(get_random(STEPS_BUFFER_GPA(0), 8), TPM_RC_SUCCESS, "the TPM is free");
	phase("CPU 0 spins", spin);
	phase("keys", plain_keys);
	phase("keys in steps", step_keys);
	expect(wrong, 0, "wrong answers");
}
