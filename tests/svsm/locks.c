// SPDX-License-Identifier: MIT
// Watches every lock that is taken, in all tests: which was held when which was taken.
#include "kernel/spinlock.h"
#include "kernel/cpu.h"
#include "tests/svsm/suite.h"

#define HELD_MAX 8

void __real_spinlock_acquire(struct spinlock *lock);
void __wrap_spinlock_acquire(struct spinlock *lock);
void __real_spinlock_release(struct spinlock *lock);
void __wrap_spinlock_release(struct spinlock *lock);

struct lock_graph lock_graph; // under graph_lock, which is no struct spinlock
static atomic_flag graph_lock = ATOMIC_FLAG_INIT;

static struct held {
	struct spinlock *locks[HELD_MAX];
	uint32_t count;
} held_by[CPUS_MAX];

static struct held *held_here(void)
{
	// Before it has its number the boot CPU is alone.
	return &held_by[this_cpu()->cpu == NULL ? 0 : this_cpu()->cpu->index];
}

static uint32_t graph_find(const struct spinlock *lock)
{
	uint32_t i = 0;

	while (i < lock_graph.count && lock_graph.locks[i] != lock)
		i++;
	if (i == ARRAY_SIZE(lock_graph.locks))
		return 0;
	lock_graph.locks[i] = lock;
	lock_graph.levels[i] = lock->level;
	lock_graph.count = MAX(lock_graph.count, i + 1);
	return i;
}

static void graph_note(const struct held *held, const struct spinlock *lock)
{
	while (atomic_flag_test_and_set(&graph_lock))
		cpu_pause();
	uint32_t taken = graph_find(lock);

	for (uint32_t i = 0; i < held->count; i++)
		lock_graph.after[graph_find(held->locks[i])] |= (uint16_t)(1u << taken);
	atomic_flag_clear(&graph_lock);
}

void __wrap_spinlock_acquire(struct spinlock *lock)
{
	struct held *held = held_here();

	// Before it is taken: a wait for ever would be seen too. One that the kernel refuses is
	// none.
	if (this_cpu()->lock_levels < 1u << lock->level)
		graph_note(held, lock);
	__real_spinlock_acquire(lock);
	if (held->count < HELD_MAX)
		held->locks[held->count++] = lock;
}

void __wrap_spinlock_release(struct spinlock *lock)
{
	struct held *held = held_here();

	for (uint32_t i = held->count; i-- > 0;) {
		if (held->locks[i] != lock)
			continue;
		held->count--;
		for (; i < held->count; i++)
			held->locks[i] = held->locks[i + 1];
		break;
	}
	__real_spinlock_release(lock);
}

uint32_t locks_depth(void)
{
	return held_here()->count;
}

void locks_release_since(uint32_t depth)
{
	struct held *held = held_here();

	while (held->count > depth)
		__wrap_spinlock_release(held->locks[held->count - 1]);
}

// Takes away locks that none is taken under, until nothing changes: what is left is in a cycle.
bool lock_graph_has_cycle(const struct lock_graph *graph)
{
	uint16_t left = (uint16_t)((1u << graph->count) - 1);

	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t i = 0; i < graph->count; i++) {
			if ((left >> i & 1) == 0 || (graph->after[i] & left) != 0)
				continue;
			left &= (uint16_t) ~(1u << i);
			changed = true;
		}
	}
	return left != 0;
}
