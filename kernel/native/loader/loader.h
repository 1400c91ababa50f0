// SPDX-License-Identifier: MIT
/*
 * The native loader: plays the parts of the IGVM builder, of the host and of the secure processor,
 * so that the kernel finds what it finds on SNP (abi/boot.h). Runs once, on the boot CPU, with the
 * lower 4 GiB of memory mapped 1:1. It is linked by itself at NATIVE_LOADER_GPA and calls nothing
 * of the kernel.
 */
#ifndef KERNEL_NATIVE_LOADER_LOADER_H
#define KERNEL_NATIVE_LOADER_LOADER_H

#include "abi/boot.h"
#include "hw/pvh.h"
#include "hw/snp.h"
#include "lib/bytes.h"

#define PAGE ((uint64_t)0x1000)

struct loader_segment {
	uint64_t start; // virtual addresses
	uint64_t end;
	uint64_t flags; // BOOT_SEGMENT_*
};

#define LOADER_SEGMENT_COUNT 3
extern const struct loader_segment loader_segments[LOADER_SEGMENT_COUNT];

// From start.S; gives the boot information's address.
const struct boot_info *loader_main(uint64_t start_info);

// Tells why on the serial port, and ends the VM.
_Noreturn void loader_fail(const char *format, ...) PRINTF_LIKE(1, 2);

static inline void *memory_at(uint64_t address)
{
	return (void *)address;
}

// Memory that QEMU describes, as a span; fails unless all of it lies below 4 GiB.
struct bytes memory_span(uint64_t address, uint64_t size, const char *what);

// --- memory.c: the memory map of the start information

void memory_init(const struct pvh_start_info *start);
void memory_require(uint64_t address, uint64_t size, const char *what);

// As the parameter that a host gives; size is that of the area.
void memory_write_map(uint8_t *area, size_t size);

// --- acpi.c

// Copies the MADT, if there is one. Returns the number of its usable CPUs, or 0.
size_t acpi_copy_madt(uint64_t rsdp, uint8_t *area, size_t size);

// --- cpuid.c: the page that the secure processor fills
void cpuid_fill(struct snp_cpuid_page *page);

// --- region.c: the kernel's region, from the end of its image on

struct region {
	struct boot_info info;
	uint64_t used;				     // bytes; whole pages
	uint8_t access[KERNEL_REGION_SIZE / 0x1000]; // BOOT_SEGMENT_*; 0: not mapped
};

void region_init(struct region *region);

// Takes whole pages, zeroed; returns their address. access 0: a guard.
uint64_t region_take(struct region *region, uint64_t size, uint8_t access);

// Page tables for all that was taken and the heap behind it; must come last.
void region_add_tables(struct region *region);

#endif
