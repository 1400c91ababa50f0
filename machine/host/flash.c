// SPDX-License-Identifier: MIT
// The firmware's image below 4 GiB as flash memory. The guest runs it as private memory, but OVMF
// takes the part that holds its variables for a flash chip: it reads that through shared mappings
// and writes it by MMIO exits with the commands of Intel's flash chips. Under KVM and QEMU a shared
// access to such a page ends its private life, and shows what QEMU's own copy of the image holds;
// here likewise. What is written lasts until the run ends: when the guest takes the page back, what
// was shared stays the host's copy, and is shown when the page is shared again. So variables live
// over a reboot of the guest.
#include "hw/ghcb.h"
#include "lib/string.h"
#include "lib/util.h"
#include "machine/host/host_plane.h"

#define FLASH_SIZE	      MIB(16)
#define FLASH_BASE	      (GIB(4) - FLASH_SIZE)
#define FLASH_PAGES	      (FLASH_SIZE / PAGE_SIZE)
#define ERASED		      0xff

#define COMMAND_PROGRAM	      0x10
#define COMMAND_ERASE	      0x20
#define COMMAND_PROGRAM_OTHER 0x40
#define COMMAND_CONFIRM	      0xd0

// The host's copy: pages of the IGVM file, or of the pool once the guest wrote there
static struct bytes image[FLASH_PAGES];
static bool written[FLASH_PAGES];
static uint8_t command; // that waits for its second write, 0 = none; under host_lock

static uint64_t page_index(uint64_t gpa)
{
	return (gpa - FLASH_BASE) >> PAGE_SHIFT;
}

void flash_keep(uint64_t gpa, struct bytes data)
{
	static const uint8_t zero;

	if (gpa >= FLASH_BASE && page_index(gpa) < FLASH_PAGES)
		image[page_index(gpa)] = data.data ? data : bytes_make(&zero, sizeof(zero));
}

bool flash_covers(uint64_t gpa)
{
	return gpa >= FLASH_BASE && page_index(gpa) < FLASH_PAGES && image[page_index(gpa)].data;
}

void flash_show(uint64_t gpa, uint64_t spa)
{
	uint8_t *to = spa_ptr(spa);
	struct bytes data = {0};
	size_t size = 0;

	if (!flash_covers(gpa))
		return;
	data = image[page_index(gpa)];
	size = MIN(data.size, (size_t)PAGE_SIZE);
	memcpy(to, data.data, size);
	memset(to + size, 0, PAGE_SIZE - size);
	log_debug("firmware page at GPA 0x%lx is now read and written as flash", gpa);
}

bool flash_share(uint64_t gpa)
{
	return !host_page_state(gpa & PAGE_MASK, false, PSC_OP_SHARED);
}

static bool same(struct bytes data, const uint8_t *page)
{
	size_t size = MIN(data.size, (size_t)PAGE_SIZE);

	if (memcmp(data.data, page, size) != 0)
		return false;
	for (size_t i = size; i < PAGE_SIZE; i++)
		if (page[i])
			return false;
	return true;
}

// A command that the guest of before did not finish is forgotten, as by a reset of the chip.
void flash_keep_written(uint64_t gpa, uint64_t spa)
{
	const uint8_t *page = spa_ptr(spa);
	uint64_t index = page_index(gpa);
	uint8_t *copy = NULL;

	if (!flash_covers(gpa))
		return;
	command = 0;
	if (same(image[index], page))
		return;
	copy = written[index] ? (uint8_t *)image[index].data : pool_alloc(PAGE_SIZE);
	if (!copy) {
		log_warn("no memory to keep the firmware page at GPA 0x%lx as it was written", gpa);
		return;
	}
	memcpy(copy, page, PAGE_SIZE);
	image[index] = bytes_make(copy, PAGE_SIZE);
	written[index] = true;
}

static void flash_write(uint8_t *page, uint64_t offset, uint8_t value)
{
	switch (command) {
	case COMMAND_PROGRAM:
	case COMMAND_PROGRAM_OTHER:
		page[offset] = value;
		command = 0;
		return;
	case COMMAND_ERASE:
		if (value == COMMAND_CONFIRM)
			memset(page, ERASED, PAGE_SIZE);
		command = 0;
		return;
	default: // read array, read status, clear status: nothing to do
		command = value == COMMAND_PROGRAM || value == COMMAND_PROGRAM_OTHER ||
					  value == COMMAND_ERASE
				  ? value
				  : 0;
	}
}

bool flash_mmio(uint64_t gpa, bool write, unsigned size, uint64_t *value)
{
	uint8_t *page = host_shared(gpa & PAGE_MASK, PAGE_SIZE);
	uint64_t offset = gpa & ~PAGE_MASK;

	if (!page && flash_share(gpa))
		page = host_shared(gpa & PAGE_MASK, PAGE_SIZE);
	if (!page)
		return false;
	spin_lock(&host_lock);
	if (write)
		flash_write(page, offset, (uint8_t)*value);
	else
		memcpy(value, page + offset, size);
	spin_unlock(&host_lock);
	return true;
}
