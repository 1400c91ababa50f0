// SPDX-License-Identifier: MIT
/*
 * Spinlocks. The kernel runs with interrupts off and #HV never runs C code, so nobody is
 * interrupted while holding one. Whoever comes first gets it: a queue would hand it to vCPUs that
 * the host is not running just then, and all would wait for each of them.
 *
 * Order: a lock may be taken only while every held lock has a lower level. That is checked on each
 * acquisition, in release builds too: one AND and one comparison.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <stdatomic.h>

#include "lib/util.h"

enum lock_level {
	LOCK_GUEST = 0, // page states, vCPUs, RMP permissions of guest memory
	LOCK_SLAB = 1,
	LOCK_PAGE = 2,
	LOCK_LOG = 3,
};

struct spinlock {
	atomic_bool taken;
	enum lock_level level;
};

#define SPINLOCK(lock_level)                                                                       \
	{                                                                                          \
		.level = (lock_level)                                                              \
	}

void spinlock_acquire(struct spinlock *lock);
void spinlock_release(struct spinlock *lock);

// For assertions: whether this CPU holds a lock of this level.
MUST_USE bool spinlock_is_held(const struct spinlock *lock);

#endif
