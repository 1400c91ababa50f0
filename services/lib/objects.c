// SPDX-License-Identifier: MIT
#include <errno.h>
#include <unistd.h>

#include "lib/string.h"
#include "services/lib/loop.h"

// Negative: an errno value.
static long object_call(long number, unsigned int handle, uintptr_t a, uintptr_t b, uintptr_t c)
{
	const uintptr_t args[4] = {handle, a, b, c};
	long result = syscall(number, (uintptr_t)handle, a, b, c);

	if (result != -1)
		return result;
	return errno == ENOSYS ? service_object_elsewhere(number, args) : -errno;
}

uint32_t service_ask(unsigned int handle, struct service_request *request)
{
	struct service_message message = {
		.call = request->call,
		.buffer = (uintptr_t)request->data,
		.room = SERVICE_BUFFER_MAX,
		.size = request->size,
	};

	memcpy(message.regs, request->regs, sizeof(message.regs));
	if (object_call(SERVICE_CALL_CALL, handle, (uintptr_t)&message, 0, 0) != 0)
		return SVSM_ERR_INVALID_REQUEST;
	memcpy(request->regs, message.regs, sizeof(message.regs));
	request->size = message.size;
	return message.result;
}

bool service_blob_put(unsigned int handle, const char *name, const void *data, size_t size)
{
	return object_call(SERVICE_CALL_BLOB_PUT, handle, (uintptr_t)name, (uintptr_t)data, size) ==
	       0;
}

long service_blob_get(unsigned int handle, const char *name, void *buffer, size_t room)
{
	long size = object_call(
		SERVICE_CALL_BLOB_GET, handle, (uintptr_t)name, (uintptr_t)buffer, room);

	return size < 0 ? -1 : size;
}

bool service_blob_remove(unsigned int handle, const char *name)
{
	return object_call(SERVICE_CALL_BLOB_REMOVE, handle, (uintptr_t)name, 0, 0) == 0;
}

long service_blob_list(unsigned int handle, size_t index, char name[SERVICE_BLOB_NAME_MAX])
{
	long size = object_call(SERVICE_CALL_BLOB_LIST, handle, index, (uintptr_t)name, 0);

	return size < 0 ? -1 : size;
}

bool service_key(unsigned int handle, uint8_t key[SERVICE_KEY_SIZE])
{
	return object_call(SERVICE_CALL_KEY, handle, (uintptr_t)key, 0, 0) == 0;
}

bool service_device_read(unsigned int handle, uint64_t offset, size_t size, uint64_t *value)
{
	return object_call(SERVICE_CALL_DEVICE_READ, handle, offset, size, (uintptr_t)value) == 0;
}

bool service_device_write(unsigned int handle, uint64_t offset, size_t size, uint64_t value)
{
	return object_call(SERVICE_CALL_DEVICE_WRITE, handle, offset, size, value) == 0;
}
