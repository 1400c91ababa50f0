// SPDX-License-Identifier: MIT
#include "kernel/user/object.h"

#include "kernel/user/key.h"
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

bool objects_hold(struct object_table *table)
{
	for (; table->held < table->count; table->held++) {
		const struct object *object = &table->objects[table->held];

		if (object->kind == BOOT_OBJECT_KEY && !key_hold(object->key))
			return false;
	}
	return true;
}

void objects_drop(struct object_table *table)
{
	for (; table->held > 0; table->held--) {
		const struct object *object = &table->objects[table->held - 1];

		if (object->kind == BOOT_OBJECT_KEY)
			key_drop(object->key);
	}
}
