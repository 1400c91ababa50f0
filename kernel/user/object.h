// SPDX-License-Identifier: MIT
/*
 * What a service holds: a table that the kernel fills once from the manifest (struct boot_object),
 * and that nothing a service does can change. A handle is an index into its own table, looked up
 * with the kind that is wanted at each use.
 */
#ifndef KERNEL_USER_OBJECT_H
#define KERNEL_USER_OBJECT_H

#include "abi/boot.h"
#include "lib/util.h"

struct key;
struct namespace;
struct service;

struct object {
	uint32_t kind; // BOOT_OBJECT_*
	union {
		struct service *service;
		struct namespace *namespace;
		struct key *key;
		struct {
			uint64_t start; // port or GPA
			uint64_t size;
			bool read_only;
		} device;
	};
};

struct object_table {
	size_t count;
	size_t held; // so many of them are the running process's
	struct object objects[BOOT_OBJECTS_MAX];
};

// Before a service starts, and when it has ended. False: the processor gives no random numbers for
// a key.
MUST_USE bool objects_hold(struct object_table *table);
void objects_drop(struct object_table *table);

// 0; -EBADF: no such handle; -EPERM: an object of another kind.
MUST_USE int64_t object_find(const struct object_table *table, uint64_t handle, uint32_t kind,
	const struct object **object);

#endif
