// SPDX-License-Identifier: MIT
/*
 * Namespaces: named blobs that one service keeps in the kernel's memory. They outlive its process,
 * not the VM. All pages are there from the start, so a service can neither use up the kernel's
 * memory nor find less than its manifest says. A blob takes whole pages.
 *
 * One service holds a namespace, and one CPU at a time runs that: there is no lock.
 */
#ifndef KERNEL_USER_NAMESPACE_H
#define KERNEL_USER_NAMESPACE_H

#include "kernel/user/space.h"

struct namespace;

// NULL: no memory. Size: whole pages, at most BOOT_NAMESPACE_MAX.
MUST_USE struct namespace *namespace_make(uint64_t size);
void namespace_destroy(struct namespace *space); // NULL is fine

// As the system calls of abi/service.h; names are zero-terminated within BLOB_NAME_MAX. Put
// replaces the blob as a whole or leaves it as it is.
MUST_USE int64_t namespace_put(struct namespace *space, const char *name, struct user_space *from,
	uint64_t data, uint64_t size);
MUST_USE int64_t namespace_get(const struct namespace *space, const char *name,
	struct user_space *to, uint64_t buffer, uint64_t room);
MUST_USE int64_t namespace_remove(struct namespace *space, const char *name);
MUST_USE int64_t namespace_list(const struct namespace *space, uint64_t index, char *name);

#endif
