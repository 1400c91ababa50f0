// SPDX-License-Identifier: MIT
// Ticket spin locks.
#include <stdatomic.h>

#include "machine/base/machine.h"

struct spinlock host_lock, rmp_lock;

void spin_lock(struct spinlock *lock)
{
	uint32_t ticket = atomic_fetch_add(&lock->next, 1);

	while (atomic_load(&lock->owner) != ticket)
		__asm__ volatile("pause");
}

void spin_unlock(struct spinlock *lock)
{
	atomic_store(&lock->owner, lock->owner + 1);
}
