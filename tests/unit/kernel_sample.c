// SPDX-License-Identifier: MIT
#include "tests/unit/kernel_sample.h"

#include <string.h>

static const char strings[] = "\0entry32_start\0entry32\0entry32_end\0second\0first\0datum";
_Static_assert(sizeof(strings) <= KERNEL_SAMPLE_STRINGS, "names fit");

static void add_segment(struct kernel_sample *kernel, uint32_t flags, size_t offset, uint64_t va,
	uint64_t size, uint64_t memory)
{
	kernel->segments[kernel->header.phnum++] = (struct elf_program_header){
		.type = ELF_PT_LOAD,
		.flags = flags,
		.offset = offset,
		.vaddr = va,
		.paddr = va,
		.filesz = size,
		.memsz = memory,
	};
}

static void add_symbol(
	struct kernel_sample *kernel, int index, const char *name, uint8_t type, uint64_t va)
{
	size_t at = 1;

	while (strcmp(kernel->strings + at, name) != 0)
		at += strlen(kernel->strings + at) + 1;
	kernel->symbols[index] = (struct elf_symbol_entry){
		.name = (uint32_t)at, .info = type, .shndx = 1, .value = va};
}

static void add_symbols(struct kernel_sample *kernel)
{
	memcpy(kernel->strings, strings, sizeof(strings));
	add_symbol(kernel, KERNEL_SYMBOL_ENTRY32_START, "entry32_start", ELF_STT_NOTYPE, KERNEL_VA);
	add_symbol(kernel, KERNEL_SYMBOL_ENTRY32, "entry32", ELF_STT_FUNC, KERNEL_VA + 0x40);
	add_symbol(
		kernel, KERNEL_SYMBOL_ENTRY32_END, "entry32_end", ELF_STT_NOTYPE, KERNEL_VA + 0x80);
	add_symbol(kernel, KERNEL_SYMBOL_SECOND, "second", ELF_STT_FUNC, KERNEL_VA + 0x1200);
	add_symbol(kernel, KERNEL_SYMBOL_FIRST, "first", ELF_STT_FUNC, KERNEL_VA + 0x1000);
	add_symbol(kernel, KERNEL_SYMBOL_DATUM, "datum", ELF_STT_OBJECT, KERNEL_VA + 0x4000);
	kernel->sections[1] = (struct elf_section_header){
		.type = ELF_SHT_SYMTAB,
		.offset = offsetof(struct kernel_sample, symbols),
		.size = sizeof(kernel->symbols),
		.link = 2,
		.entsize = sizeof(struct elf_symbol_entry),
	};
	kernel->sections[2] = (struct elf_section_header){
		.type = ELF_SHT_STRTAB,
		.offset = offsetof(struct kernel_sample, strings),
		.size = sizeof(kernel->strings),
	};
}

void kernel_sample_init(struct kernel_sample *kernel)
{
	memset(kernel, 0, sizeof(*kernel));
	kernel->header = (struct elf_header){
		.magic = ELF_MAGIC,
		.class = ELF_CLASS_64,
		.data = ELF_DATA_LSB,
		.ident_version = ELF_VERSION,
		.type = ELF_TYPE_EXEC,
		.machine = ELF_MACHINE_X86_64,
		.version = ELF_VERSION,
		.phoff = offsetof(struct kernel_sample, segments),
		.shoff = offsetof(struct kernel_sample, sections),
		.phentsize = sizeof(struct elf_program_header),
		.shentsize = sizeof(struct elf_section_header),
		.shnum = 3,
	};
	add_segment(kernel, ELF_PF_R | ELF_PF_X, offsetof(struct kernel_sample, text), KERNEL_VA,
		sizeof(kernel->text), sizeof(kernel->text));
	add_segment(kernel, ELF_PF_R, offsetof(struct kernel_sample, rodata), KERNEL_VA + 0x2000,
		sizeof(kernel->rodata), sizeof(kernel->rodata));
	add_segment(kernel, ELF_PF_R | ELF_PF_W, offsetof(struct kernel_sample, data),
		KERNEL_VA + 0x4000, sizeof(kernel->data), 0x2100);
	memset(kernel->text, 0xcc, sizeof(kernel->text));
	memset(kernel->rodata, 0x11, sizeof(kernel->rodata));
	memset(kernel->data, 0x22, sizeof(kernel->data));
	add_symbols(kernel);
}
