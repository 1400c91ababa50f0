// SPDX-License-Identifier: MIT
// The start of an ELF kernel in 32-bit protected mode by its ELF note, as QEMU's -kernel does it.
// Source: Xen's public headers, arch-x86/hvm/start_info.h and elfnote.h; docs/misc/pvh.pandoc for
// the state of the processor.
#ifndef HW_PVH_H
#define HW_PVH_H

#define PVH_NOTE_NAME	      "Xen"
#define PVH_NOTE_PHYS32_ENTRY 18

#ifndef __ASSEMBLER__

#include "hw/assert.h"

#define PVH_MAGIC 0x336ec578

struct pvh_start_info {
	uint32_t magic;
	uint32_t version; // memmap: from version 1
	uint32_t flags;
	uint32_t module_count;
	uint64_t modules;
	uint64_t command_line;
	uint64_t rsdp; // physical address; 0: none
	uint64_t memmap;
	uint32_t memmap_count;
	uint32_t reserved;
};
ASSERT_SIZE(struct pvh_start_info, 56);
ASSERT_OFFSET(struct pvh_start_info, rsdp, 32);
ASSERT_OFFSET(struct pvh_start_info, memmap_count, 48);

#define PVH_MEMORY_USABLE 1 // ACPI specification, section 15: AddressRangeMemory

struct pvh_memmap_entry {
	uint64_t start; // bytes
	uint64_t size;
	uint32_t type;
	uint32_t reserved;
};
ASSERT_SIZE(struct pvh_memmap_entry, 24);
ASSERT_OFFSET(struct pvh_memmap_entry, type, 16);

#endif
#endif
