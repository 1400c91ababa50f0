// SPDX-License-Identifier: MIT
#include "tests/fuzz/program.h"

#include <string.h>

#include "hw/elf.h"

#define CONSTANTS_AT   0x400
#define CONSTANTS_SIZE 0x200
#define DATA_AT	       0x600
#define DATA_SIZE      0x100

void program_make(uint8_t file[PROGRAM_SIZE])
{
	static const uint8_t cpuid[] = {0x0f, 0xa2};
	const struct elf_program_header segments[] = {
		{.type = ELF_PT_LOAD,
			.flags = ELF_PF_R | ELF_PF_X,
			.vaddr = PROGRAM_TEXT,
			.filesz = CONSTANTS_AT,
			.memsz = CONSTANTS_AT},
		{.type = ELF_PT_LOAD,
			.flags = ELF_PF_R,
			.offset = CONSTANTS_AT,
			.vaddr = PROGRAM_CONSTANTS,
			.filesz = CONSTANTS_SIZE,
			.memsz = CONSTANTS_SIZE},
		{.type = ELF_PT_LOAD,
			.flags = ELF_PF_R | ELF_PF_W,
			.offset = DATA_AT,
			.vaddr = PROGRAM_DATA,
			.filesz = DATA_SIZE,
			.memsz = PROGRAM_END - PROGRAM_DATA},
	};
	const struct elf_header header = {
		.magic = ELF_MAGIC,
		.class = ELF_CLASS_64,
		.data = ELF_DATA_LSB,
		.ident_version = ELF_VERSION,
		.type = ELF_TYPE_EXEC,
		.machine = ELF_MACHINE_X86_64,
		.version = ELF_VERSION,
		.entry = PROGRAM_CPUID,
		.phoff = sizeof(header),
		.phentsize = sizeof(segments[0]),
		.phnum = sizeof(segments) / sizeof(segments[0]),
		.shentsize = sizeof(struct elf_section_header),
	};

	memset(file, 0, PROGRAM_SIZE);
	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), segments, sizeof(segments));
	memcpy(file + (PROGRAM_CPUID - PROGRAM_TEXT), cpuid, sizeof(cpuid));
	memset(file + CONSTANTS_AT, 0x11, CONSTANTS_SIZE);
	memset(file + DATA_AT, 0x22, DATA_SIZE);
}
