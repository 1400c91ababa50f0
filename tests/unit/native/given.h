// SPDX-License-Identifier: MIT
// The native loader on the build machine: memory is mapped where it looks for it, and what QEMU and
// SeaBIOS would leave there is made, good and spoilt.
#ifndef TESTS_UNIT_NATIVE_GIVEN_H
#define TESTS_UNIT_NATIVE_GIVEN_H

#include "tests/unit/unit.h"

#include "hw/acpi.h"
#include "kernel/native/loader/loader.h"

// Above the kernel's region; what lies behind is not mapped.
#define LOW	 0x20000000ull
#define LOW_SIZE 0x10000ull

struct madt {
	struct acpi_header header;
	uint32_t apic;
	uint32_t flags;
	uint8_t entries[3][8];
};

// What the loader is given, in memory.
struct given {
	struct pvh_start_info start;
	struct pvh_memmap_entry memmap[4];
	struct acpi_rsdp rsdp;
	struct {
		struct acpi_header header;
		uint32_t tables[2];
	} __attribute__((packed)) rsdt;
	struct {
		struct acpi_header header;
		uint64_t tables[1];
	} __attribute__((packed)) xsdt;
	struct acpi_header other;
	struct madt madt;
};

extern struct given *given;
extern char said[512]; // on the serial line, since load() was called

int map_all(void **context); // for the set-up
uint32_t address_of(const void *p);

// Good information, at the very end of what is mapped, so that a read too far faults.
void give(void);
// Again after a change: all checksums, or a table's length, signature and checksum
void fix_sums(void);
void fix_table(struct acpi_header *header, uint32_t signature, size_t size);

// Runs the loader. NULL: it ended the VM.
const struct boot_info *load(uint64_t start);

#endif
