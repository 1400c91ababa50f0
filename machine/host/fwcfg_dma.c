// SPDX-License-Identifier: MIT
// fw_cfg DMA: the guest names a control structure, which names the memory that QEMU's device reads
// or writes. A device of a real host reaches shared memory only, so both are checked. The device is
// given a copy of the structure that the guest cannot change meanwhile.
#include "lib/overflow.h"
#include "lib/string.h"
#include "machine/host/host_plane.h"

#define PORT_HIGH 0x514
#define PORT_LOW  0x518

#define DMA_ERROR 0x01u
#define DMA_READ  0x02u
#define DMA_WRITE 0x10u

struct fwcfg_dma { // all big-endian
	uint32_t control;
	uint32_t length;
	uint64_t address;
};

static uint32_t address_high; // under host_lock
static struct fwcfg_dma *device_copy;

static uint32_t dma_run(const struct fwcfg_dma *request)
{
	uint32_t control = __builtin_bswap32(request->control);
	uint64_t address = __builtin_bswap64(request->address);
	uint64_t spa = pool_spa(device_copy);

	if (control & (DMA_READ | DMA_WRITE) &&
		!host_range_shared(address, __builtin_bswap32(request->length)))
		return __builtin_bswap32(DMA_ERROR);
	*device_copy = *request;
	outl(PORT_HIGH, __builtin_bswap32((uint32_t)(spa >> 32)));
	outl(PORT_LOW, __builtin_bswap32((uint32_t)spa));
	return __atomic_load_n(&device_copy->control, __ATOMIC_SEQ_CST);
}

static void dma_start(struct plane *plane, uint64_t gpa)
{
	struct fwcfg_dma request = {0};
	uint32_t result = 0;

	if (!device_copy)
		device_copy = pool_alloc(sizeof(*device_copy));
	if (!device_copy || !host_read_shared(gpa, &request, sizeof(request))) {
		log_warn("cpu%u VMPL%u: fw_cfg DMA structure at GPA 0x%lx is not shared memory",
			plane->cpu->index, plane->vmpl, gpa);
		return;
	}
	result = dma_run(&request);
	if (__builtin_bswap32(result) & DMA_ERROR)
		log_warn("cpu%u VMPL%u: fw_cfg DMA to GPA 0x%lx, %u bytes, failed",
			plane->cpu->index, plane->vmpl, __builtin_bswap64(request.address),
			__builtin_bswap32(request.length));
	if (!host_write_shared(gpa, &result, sizeof(result)))
		log_warn("fw_cfg DMA structure at GPA 0x%lx went away", gpa);
}

void fwcfg_dma_write(struct plane *plane, uint16_t port, uint32_t value)
{
	spin_lock(&host_lock);
	if (port == PORT_HIGH) {
		address_high = __builtin_bswap32(value);
	} else if (port == PORT_LOW) {
		dma_start(plane, (uint64_t)address_high << 32 | __builtin_bswap32(value));
		address_high = 0;
	}
	spin_unlock(&host_lock);
}
