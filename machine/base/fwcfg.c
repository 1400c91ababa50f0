// SPDX-License-Identifier: MIT
// QEMU's firmware configuration device by DMA. Source: QEMU docs/specs/fw_cfg. Used by the machine
// itself; the guest has the same device through host/ioport.c.
#include "lib/string.h"
#include "machine/base/start.h"

#define PORT_SELECT   0x510
#define PORT_DATA     0x511
#define PORT_DMA      0x514 // address, big endian, high half first
#define KEY_SIGNATURE 0x00
#define KEY_FILE_DIR  0x19
#define DMA_ERROR     0x01
#define DMA_READ      0x02
#define DMA_SKIP      0x04
#define DMA_SELECT    0x08

struct dma_access { // all big endian
	uint32_t control, length;
	uint64_t address;
};
ASSERT_SIZE(struct dma_access, 16);

struct file_entry { // size and select big endian
	uint32_t size;
	uint16_t select, reserved;
	char name[56];
};
ASSERT_SIZE(struct file_entry, 64);

static uint64_t image_pa;

static uint64_t pointer_spa(const void *p)
{
	uint64_t v = (uint64_t)p;

	return v >= 0xffffffff80000000ull ? v - 0xffffffff80000000ull + image_pa
					  : v - DIRECT_MAP_BASE;
}

static bool dma(uint32_t control, void *to, uint32_t size)
{
	static struct dma_access access;
	uint64_t pa;

	access.control = __builtin_bswap32(control);
	access.length = __builtin_bswap32(size);
	access.address = __builtin_bswap64(to ? pointer_spa(to) : 0);
	pa = pointer_spa(&access);
	outl(PORT_DMA, __builtin_bswap32((uint32_t)(pa >> 32)));
	outl(PORT_DMA + 4, __builtin_bswap32((uint32_t)pa));
	for (int spin = 0; spin < 1000000; spin++) {
		uint32_t left =
			__builtin_bswap32(__atomic_load_n(&access.control, __ATOMIC_ACQUIRE));

		if (left & DMA_ERROR)
			return false;
		if (left == 0)
			return true;
	}
	return false;
}

bool fwcfg_read(uint16_t select, uint32_t offset, void *to, uint32_t size)
{
	if (!dma((uint32_t)select << 16 | DMA_SELECT | (offset ? DMA_SKIP : 0), NULL, offset))
		return false;
	return size == 0 || dma(DMA_READ, to, size);
}

bool fwcfg_find(const char *name, uint16_t *select, uint32_t *size)
{
	static struct file_entry entry;
	static uint32_t count;

	if (!fwcfg_read(KEY_FILE_DIR, 0, &count, sizeof(count)))
		return false;
	for (uint32_t i = 0; i < __builtin_bswap32(count) && i < 4096; i++) {
		if (!fwcfg_read(
			    KEY_FILE_DIR, 4 + i * (uint32_t)sizeof(entry), &entry, sizeof(entry)))
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

	if (!fwcfg_read(KEY_SIGNATURE, 0, signature, 4) || memcmp(signature, "QEMU", 4) != 0)
		machine_bug("QEMU's fw_cfg device with DMA is not there: start the machine on QEMU "
			    "7.2 or later, -machine q35");
}
