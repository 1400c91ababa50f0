// SPDX-License-Identifier: MIT
#include "kernel/device_access.h"

#include "kernel/layout.h"
#include "kernel/platform.h"
#include "kernel/tempmap.h"

static bool begin(struct device_access *access)
{
	if (access->count >= DEVICE_ACCESSES_MAX || access->refused >= DEVICE_REFUSALS_MAX)
		return false;
	access->count++;
	return true;
}

static void note(struct device_access *access, enum error err)
{
	if (err != OK)
		access->refused++;
}

uint32_t device_in(struct device_access *access, uint16_t port, unsigned int size)
{
	uint32_t value = UINT32_MAX; // stays when the host refuses

	if (begin(access))
		note(access, platform_port_read(port, size, &value));
	return value;
}

void device_out(struct device_access *access, uint16_t port, unsigned int size, uint32_t value)
{
	if (begin(access))
		note(access, platform_port_write(port, size, value));
}

static vaddr_t map(gpa_t reg)
{
	return vaddr_add(tempmap_device(gpa_align_down(reg, PAGE_SIZE)), gpa_offset(reg));
}

uint32_t device_read(struct device_access *access, gpa_t reg)
{
	uint64_t value = UINT32_MAX;

	if (begin(access)) {
		note(access, platform_mmio_read(map(reg), sizeof(uint32_t), &value));
		tempmap_unmap(TEMP_DEVICE);
	}
	return (uint32_t)value;
}

void device_write(struct device_access *access, gpa_t reg, uint32_t value)
{
	if (begin(access)) {
		note(access, platform_mmio_write(map(reg), sizeof(value), value));
		tempmap_unmap(TEMP_DEVICE);
	}
}
