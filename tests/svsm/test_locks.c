// SPDX-License-Identifier: MIT
// Spinlocks: exclusion, the order that each acquisition checks, and the order that all tests
// showed.
#include "kernel/spinlock.h"

#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "tests/svsm/suite.h"

#define ROUNDS	   20000
#define HOLD_TICKS (1ull << 26) // some hundredths of a second

static struct spinlock low = SPINLOCK(LOCK_SLAB);
static struct spinlock high = SPINLOCK(LOCK_PAGE);
static struct spinlock same = SPINLOCK(LOCK_PAGE);

static const char order[] = "this_cpu()->lock_levels < level";

static void acquire(void *lock)
{
	spinlock_acquire(lock);
}

static void release(void *lock)
{
	spinlock_release(lock);
}

static void test_take(void)
{
	EXPECT(!spinlock_is_held(&low));
	spinlock_acquire(&low);
	EXPECT(spinlock_is_held(&low));
	EXPECT(!spinlock_is_held(&high));
	spinlock_acquire(&high);
	EXPECT(spinlock_is_held(&low) && spinlock_is_held(&high));
	spinlock_release(&low);
	EXPECT(!spinlock_is_held(&low) && spinlock_is_held(&high));
	spinlock_release(&high);
	EXPECT_EQ(this_cpu()->lock_levels, 0);
}

static void test_twice(void)
{
	spinlock_acquire(&high);
	EXPECT_ASSERT(order, acquire, &high);
	spinlock_release(&high);
}

static void test_same_level(void)
{
	spinlock_acquire(&high);
	EXPECT_ASSERT(order, acquire, &same);
	spinlock_release(&high);
}

static void test_wrong_order(void)
{
	spinlock_acquire(&high);
	EXPECT_ASSERT(order, acquire, &low);
	spinlock_release(&high);
}

static void test_release_not_held(void)
{
	EXPECT_ASSERT("spinlock_is_held(lock)", release, &low);
}

// Not atomic, and slow enough for another CPU to come in between if it could.
static volatile uint64_t counter;
static atomic_uint arrived;

static bool all_arrived(void *argument)
{
	(void)argument;
	return atomic_load(&arrived) == cpus_count();
}

static void count_up(void *lock)
{
	atomic_fetch_add(&arrived, 1);
	EXPECT(wait_until(all_arrived, NULL));
	for (uint32_t i = 0; i < ROUNDS; i++) {
		spinlock_acquire(lock);
		uint64_t before = counter;

		for (volatile int wait = 0; wait < 20; wait = wait + 1)
			;
		counter = before + 1;
		spinlock_release(lock);
	}
}

static void count_up_low(void *argument)
{
	(void)argument;
	count_up(&low);
}

static void test_contention(void)
{
	counter = 0;
	atomic_store(&arrived, 0);
	job_run_everywhere(count_up_low, NULL, 0);
	EXPECT_EQ(counter, (uint64_t)ROUNDS * cpus_count());
}

static atomic_bool waiting, inside;

static void wait_and_enter(void *argument)
{
	(void)argument;
	atomic_store(&waiting, true);
	spinlock_acquire(&low);
	atomic_store(&inside, true);
	spinlock_release(&low);
}

static bool flag_is_set(void *flag)
{
	return atomic_load((atomic_bool *)flag);
}

// The other CPU stays outside for as long as this one is inside.
static void test_exclusive(void)
{
	atomic_store(&waiting, false);
	atomic_store(&inside, false);
	spinlock_acquire(&low);
	job_start(1, wait_and_enter, NULL);
	EXPECT(wait_until(flag_is_set, &waiting));
	uint64_t start = cpu_read_tsc();

	while (cpu_read_tsc() - start < HOLD_TICKS && !atomic_load(&inside))
		cpu_pause();
	EXPECT(!atomic_load(&inside));
	spinlock_release(&low);
	job_wait(1);
	EXPECT(atomic_load(&inside));
}

static void test_checker(void)
{
	struct lock_graph graph = {.count = 3, .after = {1u << 1 | 1u << 2, 1u << 2, 0}};

	EXPECT(!lock_graph_has_cycle(&graph));
	graph.after[2] = 1u << 0;
	EXPECT(lock_graph_has_cycle(&graph));
	graph.after[2] = 1u << 2;
	EXPECT(lock_graph_has_cycle(&graph));
}

static void note_edges(const struct lock_graph *graph, uint32_t from)
{
	static const char *const names[] = {[LOCK_GUEST] = "guest",
		[LOCK_SLAB] = "slab",
		[LOCK_PAGE] = "page",
		[LOCK_LOG] = "log"};

	for (uint32_t to = 0; to < graph->count; to++) {
		if ((graph->after[from] >> to & 1) == 0)
			continue;
		suite_note("lock order: %s, then %s", names[graph->levels[from]],
			names[graph->levels[to]]);
		EXPECT(graph->levels[from] < graph->levels[to]);
	}
}

static void test_graph(void)
{
	// The graph as it is now: this test itself takes none.
	EXPECT(lock_graph.count < ARRAY_SIZE(lock_graph.locks));
	EXPECT(!lock_graph_has_cycle(&lock_graph));
	for (uint32_t i = 0; i < lock_graph.count; i++)
		note_edges(&lock_graph, i);
}

static const struct test test_locks_tests[] = {
	TEST("take", test_take),
	TEST("twice", test_twice),
	TEST("same-level", test_same_level),
	TEST("wrong-order", test_wrong_order),
	TEST("release-not-held", test_release_not_held),
	TEST("exclusive", test_exclusive, .cpus = 2),
	TEST("contention", test_contention, .cpus = 2),
	TEST("checker", test_checker),
};
TEST_GROUP(test_locks, "locks");

// Last of all groups
static const struct test test_lock_order_tests[] = {
	TEST("graph", test_graph),
};
TEST_GROUP(test_lock_order, "lock-order");
