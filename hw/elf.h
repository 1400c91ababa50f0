// SPDX-License-Identifier: MIT
// ELF64 object files, little-endian. Source: System V Application Binary Interface, generic part,
// chapters 4 (object files) and 5 (program loading); x86-64 supplement for the machine number.
#ifndef HW_ELF_H
#define HW_ELF_H

#include "hw/assert.h"

#define ELF_MAGIC	   0x464c457f // 0x7f "ELF"
#define ELF_CLASS_64	   2
#define ELF_DATA_LSB	   1
#define ELF_VERSION	   1
#define ELF_TYPE_EXEC	   2
#define ELF_TYPE_DYN	   3
#define ELF_MACHINE_X86_64 62

// Elf64_Ehdr, chapter 4 "ELF header"
struct elf_header {
	uint32_t magic;
	uint8_t class;
	uint8_t data;
	uint8_t ident_version;
	uint8_t ident_rest[9];
	uint16_t type;
	uint16_t machine;
	uint32_t version;
	uint64_t entry;
	uint64_t phoff;
	uint64_t shoff;
	uint32_t flags;
	uint16_t ehsize;
	uint16_t phentsize;
	uint16_t phnum;
	uint16_t shentsize;
	uint16_t shnum;
	uint16_t shstrndx;
};
ASSERT_SIZE(struct elf_header, 64);
ASSERT_OFFSET(struct elf_header, type, 16);
ASSERT_OFFSET(struct elf_header, phoff, 32);
ASSERT_OFFSET(struct elf_header, shoff, 40);
ASSERT_OFFSET(struct elf_header, phentsize, 54);

// Elf64_Phdr, chapter 5 "Program header"
#define ELF_PT_LOAD 1
#define ELF_PF_X    1
#define ELF_PF_W    2
#define ELF_PF_R    4

struct elf_program_header {
	uint32_t type;
	uint32_t flags;
	uint64_t offset;
	uint64_t vaddr;
	uint64_t paddr;
	uint64_t filesz;
	uint64_t memsz;
	uint64_t align;
};
ASSERT_SIZE(struct elf_program_header, 56);
ASSERT_OFFSET(struct elf_program_header, vaddr, 16);
ASSERT_OFFSET(struct elf_program_header, memsz, 40);

// Elf64_Shdr, chapter 4 "Sections"
#define ELF_SHT_SYMTAB 2
#define ELF_SHT_STRTAB 3

struct elf_section_header {
	uint32_t name;
	uint32_t type;
	uint64_t flags;
	uint64_t addr;
	uint64_t offset;
	uint64_t size;
	uint32_t link;
	uint32_t info;
	uint64_t addralign;
	uint64_t entsize;
};
ASSERT_SIZE(struct elf_section_header, 64);
ASSERT_OFFSET(struct elf_section_header, offset, 24);
ASSERT_OFFSET(struct elf_section_header, link, 40);

// Elf64_Sym, chapter 4 "Symbol table"; info holds bind (high four bits) and type
#define ELF_STT_NOTYPE	0
#define ELF_STT_OBJECT	1
#define ELF_STT_FUNC	2
#define ELF_STT_SECTION 3
#define ELF_STT_FILE	4
#define ELF_SHN_UNDEF	0
#define ELF_SHN_ABS	0xfff1

struct elf_symbol_entry {
	uint32_t name;
	uint8_t info;
	uint8_t other;
	uint16_t shndx;
	uint64_t value;
	uint64_t size;
};
ASSERT_SIZE(struct elf_symbol_entry, 24);
ASSERT_OFFSET(struct elf_symbol_entry, value, 8);

#endif
