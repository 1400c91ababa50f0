// SPDX-License-Identifier: MIT
// The SVSM's region of guest memory while it is laid out: contents, kind and access of each page.
#ifndef TOOLS_IGVM_REGION_H
#define TOOLS_IGVM_REGION_H

#include "abi/boot.h"
#include "lib/elf.h"
#include "tools/igvm/common.h"

#define REGION_PAGES (KERNEL_REGION_SIZE / IGVM_PAGE_SIZE)

enum page_kind {
	PAGE_ABSENT, // not in the file
	PAGE_DATA,
	PAGE_CPUID,
	PAGE_SECRETS,
	PAGE_PARAMETER, // filled by a PARAMETER_INSERT
};

struct region {
	uint8_t *bytes; // KERNEL_REGION_SIZE
	uint8_t kind[REGION_PAGES];
	uint8_t access[REGION_PAGES]; // BOOT_SEGMENT_*; 0: not mapped
	uint64_t used;		      // bytes; whole pages
	struct boot_info info;
	uint64_t entry_gpa; // entry32
	uint64_t boot_info_gpa;
};

static inline uint64_t region_gpa(uint64_t offset)
{
	return KERNEL_GPA + offset;
}

static inline uint64_t region_va(uint64_t offset)
{
	return KERNEL_VA + offset;
}

// Takes the next whole pages of the region; returns their offset.
uint64_t region_take(struct region *region, uint64_t size, enum page_kind kind, uint8_t access);

// Copies the kernel's segments and records them; fails on an image that breaks the contract.
void region_load_kernel(struct region *region, const struct elf_file *elf);

// The symbol table for back traces, with the functions of the kernel.
void region_add_ksyms(struct region *region, const struct elf_file *elf);

// Page tables for all that was taken and the rest of the region; must come last.
void region_add_tables(struct region *region, const struct elf_file *elf);

#endif
