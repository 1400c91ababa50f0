// SPDX-License-Identifier: MIT
// QEMU's firmware configuration device by DMA. Used by the machine
// itself; the guest has the same device through host/ioport.c.
#include "hw/fwcfg.h"
#include "lib/string.h"
#include "machine/base/start.h"

static uint64_t image_pa;

static uint64_t pointer_spa(const void *p)
{
	uint64_t v = (uint64_t)p;

	return v >= 0xffffffff80000000ull ? v - 0xffffffff80000000ull + image_pa
					  : v - DIRECT_MAP_BASE;
}

static bool dma(uint32_t control, void *to, uint32_t size)
{
	static struct fwcfg_dma access;
	uint64_t pa;

	access.control = __builtin_bswap32(control);
	access.length = __builtin_bswap32(size);
	access.address = __builtin_bswap64(to ? pointer_spa(to) : 0);
	pa = pointer_spa(&access);
	outl(FWCFG_PORT_DMA, __builtin_bswap32((uint32_t)(pa >> 32)));
	outl(FWCFG_PORT_DMA + 4, __builtin_bswap32((uint32_t)pa));
	for (int spin = 0; spin < 1000000; spin++) {
		uint32_t left =
			__builtin_bswap32(__atomic_load_n(&access.control, __ATOMIC_ACQUIRE));

		if (left & FWCFG_DMA_ERROR)
			return false;
		if (left == 0)
			return true;
	}
	return false;
}

bool fwcfg_read(uint16_t select, uint32_t offset, void *to, uint32_t size)
{
	if (!dma((uint32_t)select << 16 | FWCFG_DMA_SELECT | (offset ? FWCFG_DMA_SKIP : 0), NULL,
		    offset))
		return false;
	return size == 0 || dma(FWCFG_DMA_READ, to, size);
}

bool fwcfg_find(const char *name, uint16_t *select, uint32_t *size)
{
	static struct fwcfg_file entry;
	static uint32_t count;

	if (!fwcfg_read(FWCFG_KEY_DIRECTORY, 0, &count, sizeof(count)))
		return false;
	for (uint32_t i = 0; i < __builtin_bswap32(count) && i < 4096; i++) {
		if (!fwcfg_read(FWCFG_KEY_DIRECTORY, 4 + i * (uint32_t)sizeof(entry), &entry,
			    sizeof(entry)))
			return false;
		if (strncmp(entry.name, name, sizeof(entry.name)) == 0) {
			*select = __builtin_bswap16(entry.select);
			*size = __builtin_bswap32(entry.size);
			return true;
		}
	}
	return false;
}

void fwcfg_set_image(uint64_t image_base)
{
	image_pa = image_base;
}

void fwcfg_init(void)
{
	static char signature[4];

	if (!fwcfg_read(FWCFG_KEY_SIGNATURE, 0, signature, 4) || memcmp(signature, "QEMU", 4) != 0)
		machine_bug("QEMU's fw_cfg device with DMA is not there: start the machine on QEMU "
			    "7.2 or later, -machine q35");
}
