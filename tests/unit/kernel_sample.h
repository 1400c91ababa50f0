// SPDX-License-Identifier: MIT
// An ELF file that keeps the builder's contract (abi/boot.h), to be spoilt by tests.
#ifndef TESTS_UNIT_KERNEL_SAMPLE_H
#define TESTS_UNIT_KERNEL_SAMPLE_H

#include "abi/boot.h"
#include "hw/elf.h"
#include "tests/unit/unit.h"

#define KERNEL_SAMPLE_SYMBOLS 7
#define KERNEL_SAMPLE_STRINGS 64

struct kernel_sample {
	struct elf_header header;
	struct elf_program_header segments[3];
	struct elf_section_header sections[3];
	struct elf_symbol_entry symbols[KERNEL_SAMPLE_SYMBOLS];
	char strings[KERNEL_SAMPLE_STRINGS];
	uint8_t text[0x1800]; // at KERNEL_VA; read, execute
	uint8_t rodata[0x20]; // at KERNEL_VA + 0x2000
	uint8_t data[0x100];  // at KERNEL_VA + 0x4000; memory size 0x2100
};

// Symbols, in this order: none, entry32_start, entry32, entry32_end, second, first, datum.
enum {
	KERNEL_SYMBOL_ENTRY32_START = 1,
	KERNEL_SYMBOL_ENTRY32,
	KERNEL_SYMBOL_ENTRY32_END,
	KERNEL_SYMBOL_SECOND,
	KERNEL_SYMBOL_FIRST,
	KERNEL_SYMBOL_DATUM,
};

void kernel_sample_init(struct kernel_sample *kernel);

#endif
