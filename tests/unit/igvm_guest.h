// SPDX-License-Identifier: MIT
// What a host has in memory after it loaded the file that copra-igvm wrote.
#ifndef TESTS_UNIT_IGVM_GUEST_H
#define TESTS_UNIT_IGVM_GUEST_H

#include "abi/boot.h"
#include "hw/vmsa.h"
#include "lib/igvm.h"

#define PAGE  0x1000ull
#define PAGES (KERNEL_REGION_SIZE / PAGE)

// Guest memory after loading the file as a host would.
struct guest {
	struct bytes bytes;
	struct igvm_file file;
	uint8_t *region;     // KERNEL_REGION_SIZE
	uint8_t type[PAGES]; // 0: not loaded; else page data type + 1, parameters 0x80 + area
	uint64_t firmware_pages;
	uint64_t policy;
	struct vmsa vmsa;
	struct boot_info info;
};

// Loads out.igvm of the tool's folder; frees what that took.
void guest_load(struct guest *guest);
void guest_unload(struct guest *guest);

// Builds the sample kernel and firmware into one first.
struct guest *guest_build(void);

// The memory at this address of the kernel's region.
uint8_t *guest_region(struct guest *guest, uint64_t gpa);

#endif
