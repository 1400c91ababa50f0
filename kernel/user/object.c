// SPDX-License-Identifier: MIT
#include "kernel/user/object.h"

#include "kernel/user/syscall.h"

int64_t object_find(const struct object_table *table, uint64_t handle, uint32_t kind,
	const struct object **object)
{
	// The register is compared as it is: no negative number, and no cut one, becomes an index.
	if (handle >= table->count)
		return -LINUX_EBADF;
	if (table->objects[handle].kind != kind)
		return -LINUX_EPERM;
	*object = &table->objects[handle];
	return 0;
}
