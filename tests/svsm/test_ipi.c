// SPDX-License-Identifier: MIT
// Waking CPUs: no wake-up gets lost, however it meets the CPU's way to sleep.
#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/tlb.h"
#include "tests/svsm/random.h"
#include "tests/svsm/suite.h"

#define ROUNDS 300

static atomic_uint done;

static void note_done(void *argument)
{
	(void)argument;
	atomic_fetch_add(&done, 1);
}

static bool is_outside(void *cpu)
{
	return atomic_load(&((struct cpu *)cpu)->outside);
}

// Asleep for certain
static void test_wake_sleeping(void)
{
	atomic_store(&done, 0);
	for (uint32_t i = 1; i < cpus_count(); i++) {
		for (uint32_t round = 0; round < ROUNDS; round++) {
			if (!EXPECT(wait_until(is_outside, cpus_get(i))))
				return;
			job_run(i, note_done, NULL);
		}
	}
	EXPECT_EQ(atomic_load(&done), ROUNDS * (cpus_count() - 1));
}

// At any point on the way to sleep
static void test_wake_falling_asleep(void)
{
	uint64_t state = 0x777;

	atomic_store(&done, 0);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 1; i < cpus_count(); i++) {
			for (uint32_t pause = random_next(&state) % 300; pause > 0; pause--)
				cpu_pause();
			job_run(i, note_done, NULL);
		}
	}
	EXPECT_EQ(atomic_load(&done), ROUNDS * (cpus_count() - 1));
}

static atomic_uint token;

// Sleeps until the token is this CPU's, and hands it on: a lost wake-up ends the ring.
static void pass_token(void *argument)
{
	uint32_t own = this_cpu()->cpu->index;
	uint32_t next = (own + 1) % cpus_count();

	(void)argument;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		while (atomic_load(&token) != own) {
			platform_idle();
			platform_take_events();
		}
		atomic_store(&token, next);
		if (!EXPECT_EQ(platform_wake_cpu(cpus_get(next)), OK))
			return;
	}
}

static void test_ring(void)
{
	atomic_store(&token, 0);
	job_run_everywhere(pass_token, NULL, 0);
	EXPECT_EQ(atomic_load(&token), 0);
}

// An event that comes before the wait ends it.
static void test_wake_self(void)
{
	for (uint32_t round = 0; round < 20; round++) {
		EXPECT_EQ(platform_wake_cpu(this_cpu()->cpu), OK);
		platform_idle();
		platform_take_events();
	}
}

static void wake_boot(void *argument)
{
	(void)argument;
	for (uint32_t round = 0; round < ROUNDS; round++)
		EXPECT_EQ(platform_wake_cpu(cpus_get(0)), OK);
	atomic_fetch_add(&done, 1);
}

// More events than the CPU takes: they fall together, and none of them stays.
static void test_flood(void)
{
	atomic_store(&done, 0);
	for (uint32_t i = 1; i < cpus_count(); i++)
		job_start(i, wake_boot, NULL);
	while (atomic_load(&done) < cpus_count() - 1)
		platform_take_events();
	for (uint32_t i = 1; i < cpus_count(); i++)
		job_wait(i);
	test_wake_self();
}

static const struct test test_ipi_tests[] = {
	TEST("wake-self", test_wake_self),
	TEST("wake-sleeping", test_wake_sleeping, .cpus = 2),
	TEST("wake-falling-asleep", test_wake_falling_asleep, .cpus = 2),
	TEST("ring", test_ring, .cpus = 2),
	TEST("flood", test_flood, .cpus = 2),
};
TEST_GROUP(test_ipi, "ipi");
