// SPDX-License-Identifier: MIT
// Devices: one access of 1, 2, 4 or 8 bytes each, in the range that the manifest names. What a read
// gives is the host's word. The range was seen to be no memory when it was granted (objects.c).
#include "kernel/layout.h"
#include "kernel/platform.h"
#include "kernel/tempmap.h"
#include "kernel/user/service.h"
#include "kernel/user/syscall.h"

struct access {
	const struct object *object;
	uint64_t at; // port or GPA
	unsigned int size;
};

// RDI: handle, RSI: offset, RDX: size
static MUST_USE int64_t access_decode(
	struct process *process, const uint64_t *args, struct access *access)
{
	const struct object_table *table = &service_of(process)->objects;
	int64_t result = object_find(table, args[0], BOOT_OBJECT_MMIO, &access->object);
	uint64_t size = args[2];
	uint64_t largest = 8;

	if (result == -LINUX_EPERM) {
		result = object_find(table, args[0], BOOT_OBJECT_PORTS, &access->object);
		largest = 4;
	}
	if (result != 0)
		return result;
	if ((size != 1 && size != 2 && size != 4 && size != 8) || size > largest)
		return -LINUX_EINVAL;
	// In this order nothing can overflow.
	if (size > access->object->device.size || args[1] > access->object->device.size - size)
		return -LINUX_ERANGE;
	access->at = access->object->device.start + args[1];
	access->size = (unsigned int)size;
	return IS_ALIGNED(access->at, size) ? 0 : -LINUX_EINVAL;
}

static MUST_USE enum error mmio_read(const struct access *access, uint64_t *value)
{
	vaddr_t page = tempmap_device(gpa_make(ALIGN_DOWN(access->at, PAGE_SIZE)));
	enum error err =
		platform_mmio_read(vaddr_add(page, access->at % PAGE_SIZE), access->size, value);

	tempmap_unmap(TEMP_DEVICE);
	return err;
}

static MUST_USE enum error mmio_write(const struct access *access, uint64_t value)
{
	vaddr_t page = tempmap_device(gpa_make(ALIGN_DOWN(access->at, PAGE_SIZE)));
	enum error err =
		platform_mmio_write(vaddr_add(page, access->at % PAGE_SIZE), access->size, value);

	tempmap_unmap(TEMP_DEVICE);
	return err;
}

static MUST_USE enum error port_read(const struct access *access, uint64_t *value)
{
	uint32_t value32 = 0;
	enum error err = platform_port_read((uint16_t)access->at, access->size, &value32);

	*value = value32;
	return err;
}

int64_t syscall_device_read(struct process *process, const uint64_t *args)
{
	struct access access = {0};
	uint64_t value = 0;
	int64_t result = access_decode(process, args, &access);

	if (result != 0)
		return result;
	enum error err = access.object->kind == BOOT_OBJECT_PORTS ? port_read(&access, &value)
								  : mmio_read(&access, &value);

	if (err != OK)
		return -LINUX_EIO;
	if (user_copy_out(&process->space, args[3], &value, sizeof(value)) != OK)
		return -LINUX_EFAULT;
	return 0;
}

int64_t syscall_device_write(struct process *process, const uint64_t *args)
{
	struct access access = {0};
	int64_t result = access_decode(process, args, &access);

	if (result != 0)
		return result;
	if (access.object->device.read_only)
		return -LINUX_EACCES;
	enum error err =
		access.object->kind == BOOT_OBJECT_PORTS
			? platform_port_write((uint16_t)access.at, access.size, (uint32_t)args[3])
			: mmio_write(&access, args[3]);

	return err == OK ? 0 : -LINUX_EIO;
}
