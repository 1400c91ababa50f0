// SPDX-License-Identifier: MIT
// System calls on what a service holds: blobs and keys (abi/service.h). Devices: device.c.
#include "kernel/user/key.h"
#include "kernel/user/namespace.h"
#include "kernel/user/service.h"
#include "kernel/user/syscall.h"

static MUST_USE int64_t object_of(
	struct process *process, uint64_t handle, uint32_t kind, const struct object **object)
{
	return object_find(&service_of(process)->objects, handle, kind, object);
}

// Byte by byte: what lies behind a name need not be there.
static MUST_USE int64_t name_copy_in(struct process *process, uint64_t from, char *name)
{
	for (size_t i = 0; i < SERVICE_BLOB_NAME_MAX; i++) {
		if (user_copy_in(&process->space, &name[i], from + i, 1) != OK)
			return -LINUX_EFAULT;
		if (name[i] == '\0')
			return i == 0 ? -LINUX_EINVAL : 0;
	}
	return -LINUX_EINVAL;
}

// Handle and name are the first two parameters of every call but one.
static MUST_USE int64_t blob_args(
	struct process *process, const uint64_t *args, char *name, const struct object **object)
{
	int64_t result = object_of(process, args[0], BOOT_OBJECT_NAMESPACE, object);

	return result != 0 ? result : name_copy_in(process, args[1], name);
}

int64_t syscall_blob_put(struct process *process, const uint64_t *args)
{
	const struct object *object = NULL;
	char name[SERVICE_BLOB_NAME_MAX] = {0};
	int64_t result = blob_args(process, args, name, &object);

	if (result != 0)
		return result;
	return namespace_put(object->namespace, name, &process->space, args[2], args[3]);
}

int64_t syscall_blob_get(struct process *process, const uint64_t *args)
{
	const struct object *object = NULL;
	char name[SERVICE_BLOB_NAME_MAX] = {0};
	int64_t result = blob_args(process, args, name, &object);

	if (result != 0)
		return result;
	return namespace_get(object->namespace, name, &process->space, args[2], args[3]);
}

int64_t syscall_blob_remove(struct process *process, const uint64_t *args)
{
	const struct object *object = NULL;
	char name[SERVICE_BLOB_NAME_MAX] = {0};
	int64_t result = blob_args(process, args, name, &object);

	return result != 0 ? result : namespace_remove(object->namespace, name);
}

int64_t syscall_blob_list(struct process *process, const uint64_t *args)
{
	const struct object *object = NULL;
	char name[SERVICE_BLOB_NAME_MAX] = {0};
	int64_t result = object_of(process, args[0], BOOT_OBJECT_NAMESPACE, &object);

	if (result == 0)
		result = namespace_list(object->namespace, args[1], name);
	if (result >= 0 && user_copy_out(&process->space, args[2], name, sizeof(name)) != OK)
		return -LINUX_EFAULT;
	return result;
}

int64_t syscall_key(struct process *process, const uint64_t *args)
{
	const struct object *object = NULL;
	int64_t result = object_of(process, args[0], BOOT_OBJECT_KEY, &object);

	if (result == 0 && user_copy_out(&process->space, args[1], key_value(object->key),
				   BOOT_KEY_SIZE) != OK)
		return -LINUX_EFAULT;
	return result;
}
