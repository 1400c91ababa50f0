// SPDX-License-Identifier: MIT
// Physical memory: what QEMU has (fw_cfg etc/e820), which part is the guest's, the machine's pool
// at the top, and the machine's final page tables.
#include "hw/x86.h"
#include "lib/string.h"
#include "machine/base/start.h"
#include "machine/boot/layout.h"

#define E820_RAM	   1
#define PCI_CONFIG_ADDRESS 0xcf8
#define PCI_CONFIG_DATA	   0xcfc
#define MCH_PAM0	   0x90

struct e820_entry {
	uint64_t address, length;
	uint32_t type;
} __attribute__((packed));

struct machine_memory memory;
static uint64_t pool_next;
static uint64_t tables[4][512]
	__attribute__((aligned(4096))); // PML4, direct map, image PDPT, image PD
static uint64_t tables_pa;

// Root: direct map of 512 GiB in 1 GiB pages, and the image.
static void tables_build(uint64_t image_base)
{
	uint64_t pa = (uint64_t)tables - MACHINE_VA + image_base;

	for (uint64_t i = 0; i < 512; i++)
		tables[1][i] = i << 30 | PTE_PS | PTE_P | PTE_W | PTE_NX | PTE_A | PTE_D;
	for (uint64_t i = 0; i < IMAGE_SIZE / LARGE_PAGE_SIZE; i++)
		tables[3][i] =
			(image_base + i * LARGE_PAGE_SIZE) | PTE_PS | PTE_P | PTE_W | PTE_A | PTE_D;
	tables[2][510] = (pa + 0x3000) | PTE_P | PTE_W;
	tables[0][256] = (pa + 0x1000) | PTE_P | PTE_W;
	tables[0][511] = (pa + 0x2000) | PTE_P | PTE_W;
	tables_pa = pa;
}

uint64_t memory_root(void)
{
	return tables_pa;
}

static void guest_range_add(uint64_t base, uint64_t end)
{
	if (base >= end)
		return;
	if (memory.guest_count == RAM_RANGES_MAX)
		machine_bug("more than %u RAM ranges", RAM_RANGES_MAX);
	memory.guest[memory.guest_count++] = (struct ram_range){base, end - base};
}

// Guest RAM is the first options.mem bytes of QEMU's RAM; the hole of the VGA memory is no RAM.
static void guest_range_take(uint64_t base, uint64_t end)
{
	if (base < VGA_HOLE_BASE && end > VGA_HOLE_END) {
		guest_range_add(base, VGA_HOLE_BASE);
		guest_range_add(VGA_HOLE_END, end);
	} else {
		guest_range_add(base, end);
	}
}

static uint32_t e820_read(struct e820_entry *map, uint32_t max)
{
	uint16_t select;
	uint32_t size;

	if (!fwcfg_find("etc/e820", &select, &size))
		machine_bug("fw_cfg file etc/e820 is missing: use -machine q35");
	if (size > max * sizeof(*map) || !fwcfg_read(select, 0, map, size))
		machine_bug("fw_cfg file etc/e820: %u bytes cannot be read", size);
	return size / (uint32_t)sizeof(*map);
}

static uint64_t ranges_assign(const struct e820_entry *map, uint32_t count, uint64_t image_base)
{
	uint64_t left = options.mem ? options.mem : ~0ull, guest_end = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t end = map[i].address + map[i].length;

		if (map[i].type != E820_RAM)
			continue;
		if (end > memory.spa_end)
			memory.spa_end = end;
		if (end > image_base && map[i].address <= image_base)
			end = image_base;
		if (end - map[i].address > left)
			end = map[i].address + left;
		left -= end - map[i].address;
		guest_range_take(map[i].address, end);
		if (end > guest_end)
			guest_end = end;
	}
	if (options.mem && left) {
		log_error("guest memory of %lu bytes (option mem) is %lu more than QEMU's -m "
			  "leaves beside the machine's own: raise -m",
			options.mem, left);
		machine_end(END_BAD_CONFIGURATION);
	}
	return guest_end;
}

// 0xc0000..0xfffff is RAM for the guest, as it is for any VM whose firmware set the chipset up.
static void shadow_ram_enable(void)
{
	for (uint32_t reg = MCH_PAM0; reg <= MCH_PAM0 + 6; reg++) {
		outl(PCI_CONFIG_ADDRESS, 0x80000000u | (reg & ~3u));
		outb((uint16_t)(PCI_CONFIG_DATA + (reg & 3)), reg == MCH_PAM0 ? 0x30 : 0x33);
	}
	memset(spa_ptr(VGA_HOLE_END), 0, 0x100000 - VGA_HOLE_END);
}

void memory_init(uint64_t image_base)
{
	static struct e820_entry map[32];
	uint64_t guest_end;

	tables_build(image_base);
	guest_end = ranges_assign(map, e820_read(map, 32), image_base);
	memory.pool_base = (guest_end + LARGE_PAGE_SIZE - 1) & LARGE_PAGE_MASK;
	if (memory.pool_base >= image_base)
		machine_bug(
			"no memory is left for the machine: raise QEMU's -m above the guest's mem");
	memory.pool_size = image_base - memory.pool_base;
	pool_next = memory.pool_base;
	shadow_ram_enable();
	log_info("guest memory %lu MiB, machine's own %lu MiB at 0x%lx",
		(options.mem ? options.mem : guest_end) >> 20,
		(memory.pool_size + IMAGE_SIZE) >> 20, memory.pool_base);
}

void *pool_alloc(size_t bytes)
{
	uint64_t size = (bytes + PAGE_SIZE - 1) & PAGE_MASK;
	void *ptr;

	if (bytes > memory.pool_size || __atomic_load_n(&pool_next, __ATOMIC_RELAXED) + size >
						memory.pool_base + memory.pool_size)
		return NULL;
	ptr = spa_ptr(__atomic_fetch_add(&pool_next, size, __ATOMIC_RELAXED));
	memset(ptr, 0, size);
	return ptr;
}

uint64_t pool_spa(const void *ptr)
{
	return (uint64_t)ptr - DIRECT_MAP_BASE;
}

uint64_t pool_free_bytes(void)
{
	return memory.pool_base + memory.pool_size - pool_next;
}
