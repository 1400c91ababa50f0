// SPDX-License-Identifier: MIT
// Memory-mapped devices: one access of the guest is one access to QEMU's device at the same
// address. Nothing that is memory can be reached this way, least of all the machine's own.
#include "machine/host/host_plane.h"
#include "machine/host/npt.h"

#define APIC_PAGE 0xfee00000ull

// The machine's own RAM: from its pool to the last byte of RAM there is no device.
static bool is_machine_memory(uint64_t gpa)
{
	return gpa >= memory.pool_base && gpa < memory.spa_end;
}

static uint64_t device_read(const volatile void *at, unsigned size)
{
	switch (size) {
	case 1:
		return *(const volatile uint8_t *)at;
	case 2:
		return *(const volatile uint16_t *)at;
	case 4:
		return *(const volatile uint32_t *)at;
	default:
		return *(const volatile uint64_t *)at;
	}
}

static void device_write(volatile void *at, unsigned size, uint64_t value)
{
	switch (size) {
	case 1:
		*(volatile uint8_t *)at = (uint8_t)value;
		return;
	case 2:
		*(volatile uint16_t *)at = (uint16_t)value;
		return;
	case 4:
		*(volatile uint32_t *)at = (uint32_t)value;
		return;
	default:
		*(volatile uint64_t *)at = value;
	}
}

bool host_mmio(struct plane *plane, uint64_t gpa, bool write, unsigned size, uint64_t *value)
{
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return false;
	if (gpa >> GUEST_PHYS_BITS || (gpa & ~PAGE_MASK) + size > PAGE_SIZE)
		return false;
	if (flash_covers(gpa))
		return flash_mmio(gpa, write, size, value);
	if (host_npt_walk(gpa).kind != NPT_MMIO || is_machine_memory(gpa))
		return false;
	if ((gpa & PAGE_MASK) == APIC_PAGE)
		return apic_mmio(plane, gpa & ~PAGE_MASK, write, size, value);
	if (write)
		device_write(spa_ptr(gpa), size, *value);
	else
		*value = device_read(spa_ptr(gpa), size);
	return true;
}
