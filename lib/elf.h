// SPDX-License-Identifier: MIT
// Read-only reader of ELF64 x86-64 files over a span, for files nobody vouches for. Nothing is
// copied or allocated; names point into the file.
#ifndef LIB_ELF_H
#define LIB_ELF_H

#include "hw/elf.h"
#include "lib/bytes.h"

enum elf_error {
	ELF_OK,
	ELF_ERR_TOO_SHORT,
	ELF_ERR_MAGIC,
	ELF_ERR_CLASS,
	ELF_ERR_MACHINE,
	ELF_ERR_TYPE,
	ELF_ERR_PROGRAM_HEADERS,
	ELF_ERR_SEGMENT,
	ELF_ERR_SECTION_HEADERS,
	ELF_ERR_SYMBOLS,
	ELF_ERR_COUNT,
};

struct elf_file {
	struct bytes bytes;
	uint16_t type; // ELF_TYPE_EXEC or ELF_TYPE_DYN
	uint64_t entry;
	size_t segment_count; // program headers of any type
	struct bytes segments;
	size_t symbol_count; // 0: no symbol table
	struct bytes symbols;
	struct bytes names; // ends with a zero byte
};

struct elf_segment {
	uint32_t type;	// ELF_PT_*
	uint32_t flags; // ELF_PF_*
	uint64_t va;
	uint64_t pa;
	uint64_t size;	   // in memory; bytes after data are zero
	struct bytes data; // from the file, data.size <= size
};

struct elf_symbol {
	const char *name; // zero-terminated, may be empty
	uint64_t value;
	uint64_t size;
	uint8_t type; // ELF_STT_*
	uint8_t bind;
	uint16_t section; // 0: undefined
};

// Checks header, every program header and the symbol table.
MUST_USE enum elf_error elf_open(struct bytes bytes, struct elf_file *file);

// False: no such index.
MUST_USE bool elf_segment(const struct elf_file *file, size_t index, struct elf_segment *segment);
MUST_USE bool elf_symbol(const struct elf_file *file, size_t index, struct elf_symbol *symbol);

// A defined symbol with this name; false: none.
MUST_USE bool elf_find_symbol(
	const struct elf_file *file, const char *name, struct elf_symbol *symbol);

// The function (or untyped code label) that holds the address: the nearest one that starts at or
// below it, unless the address lies beyond its known size. false: none.
MUST_USE bool elf_find_function(
	const struct elf_file *file, uint64_t address, struct elf_symbol *symbol);

const char *elf_error_text(enum elf_error error);

#endif
