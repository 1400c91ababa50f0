// SPDX-License-Identifier: MIT
#include "kernel/native/access.h"

#include "kernel/native/io.h"

enum error native_port_read(uint16_t port, unsigned int size, uint32_t *value)
{
	if (size == 1)
		*value = io_in8(port);
	else if (size == 2)
		*value = io_in16(port);
	else
		*value = io_in32(port);
	return OK;
}

enum error native_port_write(uint16_t port, unsigned int size, uint32_t value)
{
	if (size == 1)
		io_out8(port, (uint8_t)value);
	else if (size == 2)
		io_out16(port, (uint16_t)value);
	else
		io_out32(port, value);
	return OK;
}

static MUST_USE bool mmio_in(uint64_t va, unsigned int size, uint64_t *value)
{
	uint8_t value8 = 0;
	uint16_t value16 = 0;
	uint32_t value32 = 0;
	bool ok = false;

	if (size == 8)
		return mmio_in64(va, value);
	if (size == 1)
		ok = mmio_in8(va, &value8);
	else if (size == 2)
		ok = mmio_in16(va, &value16);
	else
		ok = mmio_in32(va, &value32);
	if (ok)
		*value = value8 | value16 | value32;
	return ok;
}

enum error native_mmio_read(vaddr_t va, unsigned int size, uint64_t *value)
{
	return mmio_in(vaddr_value(va), size, value) ? OK : ERR_INVALID_ADDRESS;
}

static MUST_USE bool mmio_out(uint64_t va, unsigned int size, uint64_t value)
{
	switch (size) {
	case 1:
		return mmio_out8(va, (uint8_t)value);
	case 2:
		return mmio_out16(va, (uint16_t)value);
	case 4:
		return mmio_out32(va, (uint32_t)value);
	default:
		return mmio_out64(va, value);
	}
}

enum error native_mmio_write(vaddr_t va, unsigned int size, uint64_t value)
{
	return mmio_out(vaddr_value(va), size, value) ? OK : ERR_INVALID_ADDRESS;
}

enum error native_msr_read(uint32_t msr, uint64_t *value)
{
	return msr_in(msr, value) ? OK : ERR_HOST;
}

enum error native_msr_write(uint32_t msr, uint64_t value)
{
	return msr_out(msr, value) ? OK : ERR_HOST;
}
