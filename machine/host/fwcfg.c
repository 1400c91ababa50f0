// SPDX-License-Identifier: MIT
// QEMU's fw_cfg device as the guest sees it. Everything passes, with two exceptions. The memory map
// (etc/e820) ends where the guest's memory ends. And for DMA the guest names a control structure,
// which names the memory to read or write: a device of a real host reaches shared memory only, so
// both are checked, and the device gets a copy of the structure that the guest cannot change.
// Source: QEMU, docs/specs/fw_cfg.
#include "lib/overflow.h"
#include "lib/string.h"
#include "machine/host/host_plane.h"

#define PORT_SELECT   0x510
#define PORT_DATA     0x511
#define PORT_DMA_HIGH 0x514
#define PORT_DMA_LOW  0x518

#define DMA_ERROR     0x01u
#define DMA_READ      0x02u
#define DMA_SKIP      0x04u
#define DMA_SELECT    0x08u
#define DMA_WRITE     0x10u

struct fwcfg_dma { // all big-endian
	uint32_t control;
	uint32_t length;
	uint64_t address;
};

// All under host_lock
static uint32_t address_high;
static uint16_t selected;
static uint32_t offset; // in the memory map, while that is selected
static struct fwcfg_dma *device_copy;

static uint8_t map_byte(uint32_t at)
{
	uint32_t size = 0;
	const uint8_t *map = host_memory_map(&size);

	return at < size ? map[at] : 0;
}

static void item_select(uint16_t select)
{
	selected = select;
	offset = 0;
	outw(PORT_SELECT, select);
}

static bool map_selected(void)
{
	return selected == host_memory_map_select();
}

static uint32_t map_dma(uint32_t control, uint32_t length, uint64_t address)
{
	if (control & DMA_WRITE)
		return DMA_ERROR;
	for (uint32_t i = 0; control & DMA_READ && i < length; i++) {
		uint8_t byte = map_byte(offset + i);

		if (!host_write_shared(address + i, &byte, 1))
			return DMA_ERROR;
	}
	if (control & (DMA_READ | DMA_SKIP))
		offset += length;
	return 0;
}

static uint32_t device_dma(const struct fwcfg_dma *request)
{
	uint64_t spa = pool_spa(device_copy);

	*device_copy = *request;
	outl(PORT_DMA_HIGH, __builtin_bswap32((uint32_t)(spa >> 32)));
	outl(PORT_DMA_LOW, __builtin_bswap32((uint32_t)spa));
	return __builtin_bswap32(__atomic_load_n(&device_copy->control, __ATOMIC_SEQ_CST));
}

// Result: what the control word becomes.
static uint32_t dma_run(const struct fwcfg_dma *request)
{
	uint32_t control = __builtin_bswap32(request->control);
	uint32_t length = __builtin_bswap32(request->length);
	uint64_t address = __builtin_bswap64(request->address);

	if (control & (DMA_READ | DMA_WRITE) && !host_range_shared(address, length))
		return DMA_ERROR;
	if (control & DMA_SELECT)
		item_select((uint16_t)(control >> 16));
	return map_selected() ? map_dma(control, length, address) : device_dma(request);
}

static void dma_start(struct plane *plane, uint64_t gpa)
{
	struct fwcfg_dma request = {0};
	uint32_t result = 0, answer = 0;

	if (!device_copy)
		device_copy = pool_alloc(sizeof(*device_copy));
	if (!device_copy || !host_read_shared(gpa, &request, sizeof(request))) {
		log_warn("cpu%u VMPL%u: fw_cfg DMA structure at GPA 0x%lx is not shared memory",
			plane->cpu->index, plane->vmpl, gpa);
		return;
	}
	result = dma_run(&request);
	if (result & DMA_ERROR)
		log_warn("cpu%u VMPL%u: fw_cfg DMA to GPA 0x%lx, %u bytes, failed",
			plane->cpu->index, plane->vmpl, __builtin_bswap64(request.address),
			__builtin_bswap32(request.length));
	answer = __builtin_bswap32(result);
	if (!host_write_shared(gpa, &answer, sizeof(answer)))
		log_warn("fw_cfg DMA structure at GPA 0x%lx went away", gpa);
}

static void fwcfg_out(struct plane *plane, uint16_t port, unsigned size, uint32_t value)
{
	if (port == PORT_SELECT && size == 2) {
		item_select((uint16_t)value);
	} else if (port == PORT_DMA_HIGH && size == 4) {
		address_high = __builtin_bswap32(value);
	} else if (port == PORT_DMA_LOW && size == 4) {
		dma_start(plane, (uint64_t)address_high << 32 | __builtin_bswap32(value));
		address_high = 0;
	}
}

static uint32_t fwcfg_in(uint16_t port, unsigned size)
{
	if (port == PORT_DATA && size == 1)
		return map_selected() ? map_byte(offset++) : inb(port);
	if (size == 4 && (port == PORT_DMA_HIGH || port == PORT_DMA_LOW))
		return inl(port); // the signature that says that DMA is there
	return size == 1 ? 0xff : size == 2 ? 0xffff : 0xffffffff;
}

void fwcfg_io(struct plane *plane, uint16_t port, bool in, unsigned size, uint32_t *value)
{
	spin_lock(&host_lock);
	if (in)
		*value = fwcfg_in(port, size);
	else
		fwcfg_out(plane, port, size, *value);
	spin_unlock(&host_lock);
}
