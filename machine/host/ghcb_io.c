// SPDX-License-Identifier: MIT
// GHCB exits for port I/O and memory-mapped devices.
#include "lib/string.h"
#include "machine/host/ghcb.h"

static uint32_t element_read(const uint8_t *from, unsigned size)
{
	uint32_t value = 0;

	memcpy(&value, from, size);
	return value;
}

static void ioio_string(struct ghcb_exit *e, uint16_t port, bool in, unsigned size)
{
	if (!ghcb_needs(e, GHCB_SCRATCH))
		return;
	if (e->info_2 > GHCB_SHARED_BUFFER_SIZE) {
		ghcb_fail(e, GHCB_ERR_INVALID_SCRATCH_AREA);
		return;
	}
	uint8_t *buffer = ghcb_scratch(e, e->info_2 * size);

	if (!buffer)
		return;
	for (uint64_t i = 0; i < e->info_2; i++, buffer += size) {
		uint32_t value = in ? 0 : element_read(buffer, size);

		if (!host_io(e->plane, port, in, size, &value)) {
			ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
			return;
		}
		if (in)
			memcpy(buffer, &value, size);
	}
}

static void ioio_single(struct ghcb_exit *e, uint16_t port, bool in, unsigned size)
{
	uint32_t value = (uint32_t)e->rax;

	if (!in && !ghcb_needs(e, GHCB_RAX))
		return;
	if (!host_io(e->plane, port, in, size, &value)) {
		ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
	} else if (in) {
		e->rax = value;
		e->out = GHCB_RAX;
	}
}

void ghcb_ioio(struct ghcb_exit *e)
{
	unsigned size = (e->info_1 >> 4) & 7; // one of the three size bits is the size itself
	uint16_t port = (uint16_t)(e->info_1 >> IOIO_PORT_SHIFT);
	bool in = e->info_1 & IOIO_IN;

	if (size != 1 && size != 2 && size != 4)
		ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
	else if (e->info_1 & IOIO_STR)
		ioio_string(e, port, in, size);
	else
		ioio_single(e, port, in, size);
}

static void mmio_access(struct ghcb_exit *e, bool write)
{
	uint64_t size = e->info_2;
	uint64_t value = 0;

	if (size == 0)
		return;
	if (size > sizeof(value)) {
		ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
		return;
	}
	void *buffer = ghcb_scratch(e, size);

	if (!buffer)
		return;
	if (write)
		memcpy(&value, buffer, size);
	if (!host_mmio(e->plane, e->info_1, write, (unsigned)size, &value))
		ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
	else if (!write)
		memcpy(buffer, &value, size);
}

void ghcb_mmio_read(struct ghcb_exit *e)
{
	mmio_access(e, false);
}

void ghcb_mmio_write(struct ghcb_exit *e)
{
	mmio_access(e, true);
}
