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
	// Reading until it looks free keeps the line shared while waiting.
	while (atomic_exchange_explicit(&lock->taken, true, memory_order_acquire)) {
		while (atomic_load_explicit(&lock->taken, memory_order_relaxed))
			cpu_pause();
	}
	this_cpu()->lock_levels |= level;
}

void spinlock_release(struct spinlock *lock)
{
	KERNEL_ASSERT(spinlock_is_held(lock));
	this_cpu()->lock_levels &= ~(1u << lock->level);
	atomic_store_explicit(&lock->taken, false, memory_order_release);
}

bool spinlock_is_held(const struct spinlock *lock)
{
	return (this_cpu()->lock_levels & 1u << lock->level) != 0;
}
