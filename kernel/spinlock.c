// SPDX-License-Identifier: MIT
#include "kernel/spinlock.h"

#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "kernel/percpu.h"

void spinlock_acquire(struct spinlock *lock)
{
	uint32_t level = 1u << lock->level;

	// Also catches taking the same lock twice, which would wait for ever.
	KERNEL_ASSERT(this_cpu()->lock_levels < level);
	uint32_t ticket = atomic_fetch_add_explicit(&lock->next, 1, memory_order_relaxed);

	while (atomic_load_explicit(&lock->serving, memory_order_acquire) != ticket)
		cpu_pause();
	this_cpu()->lock_levels |= level;
}

void spinlock_release(struct spinlock *lock)
{
	uint32_t ticket = atomic_load_explicit(&lock->serving, memory_order_relaxed);

	KERNEL_ASSERT(spinlock_is_held(lock));
	this_cpu()->lock_levels &= ~(1u << lock->level);
	atomic_store_explicit(&lock->serving, ticket + 1, memory_order_release);
}

bool spinlock_is_held(const struct spinlock *lock)
{
	return (this_cpu()->lock_levels & 1u << lock->level) != 0;
}
