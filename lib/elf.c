// SPDX-License-Identifier: MIT
#include "lib/elf.h"

static enum elf_error open_header(struct elf_file *file, struct elf_header *header)
{
	if (!bytes_read(file->bytes, 0, header, sizeof(*header)))
		return ELF_ERR_TOO_SHORT;
	if (header->magic != ELF_MAGIC)
		return ELF_ERR_MAGIC;
	if (header->class != ELF_CLASS_64 || header->data != ELF_DATA_LSB ||
		header->ident_version != ELF_VERSION || header->version != ELF_VERSION)
		return ELF_ERR_CLASS;
	if (header->machine != ELF_MACHINE_X86_64)
		return ELF_ERR_MACHINE;
	if (header->type != ELF_TYPE_EXEC && header->type != ELF_TYPE_DYN)
		return ELF_ERR_TYPE;
	file->type = header->type;
	file->entry = header->entry;
	return ELF_OK;
}

// Decodes one program header. Sizes and addresses are checked for loadable ones only: others may
// point anywhere, and nobody follows them here.
static bool decode_segment(const struct elf_file *file, size_t index, struct elf_segment *segment)
{
	struct elf_program_header ph = {0};
	uint64_t end = 0;

	if (!bytes_read(file->segments, index * sizeof(ph), &ph, sizeof(ph)))
		return false;
	*segment = (struct elf_segment){
		.type = ph.type,
		.flags = ph.flags,
		.va = ph.vaddr,
		.pa = ph.paddr,
		.size = ph.memsz,
	};
	if (ph.type != ELF_PT_LOAD)
		return true;
	return ph.filesz <= ph.memsz && add_checked(ph.vaddr, ph.memsz, &end) &&
	       add_checked(ph.paddr, ph.memsz, &end) &&
	       bytes_slice(file->bytes, ph.offset, ph.filesz, &segment->data);
}

static enum elf_error open_segments(struct elf_file *file, const struct elf_header *header)
{
	struct elf_segment segment;

	if (header->phnum == 0)
		return ELF_OK;
	if (header->phentsize != sizeof(struct elf_program_header) ||
		!bytes_slice(file->bytes, header->phoff,
			(uint64_t)header->phnum * sizeof(struct elf_program_header),
			&file->segments))
		return ELF_ERR_PROGRAM_HEADERS;
	for (size_t i = 0; i < header->phnum; i++) {
		if (!decode_segment(file, i, &segment))
			return ELF_ERR_SEGMENT;
	}
	file->segment_count = header->phnum;
	return ELF_OK;
}

static enum elf_error open_symbols(
	struct elf_file *file, struct bytes sections, const struct elf_section_header *table)
{
	struct elf_section_header strings = {0};
	struct elf_symbol symbol;

	if (table->entsize != sizeof(struct elf_symbol_entry) ||
		table->size % sizeof(struct elf_symbol_entry) != 0 ||
		!bytes_slice(file->bytes, table->offset, table->size, &file->symbols))
		return ELF_ERR_SYMBOLS;
	if (!bytes_read(
		    sections, (uint64_t)table->link * sizeof(strings), &strings, sizeof(strings)) ||
		strings.type != ELF_SHT_STRTAB ||
		!bytes_slice(file->bytes, strings.offset, strings.size, &file->names) ||
		strings.size == 0 || file->names.data[strings.size - 1] != 0)
		return ELF_ERR_SYMBOLS;
	file->symbol_count = file->symbols.size / sizeof(struct elf_symbol_entry);
	for (size_t i = 0; i < file->symbol_count; i++) {
		if (!elf_symbol(file, i, &symbol))
			return ELF_ERR_SYMBOLS;
	}
	return ELF_OK;
}

// The first symbol table, if there is one. More than 65279 sections are not supported (shnum 0).
static enum elf_error open_sections(struct elf_file *file, const struct elf_header *header)
{
	struct elf_section_header section = {0};
	struct bytes sections = {0};

	if (header->shnum == 0)
		return ELF_OK;
	if (header->shentsize != sizeof(section) ||
		!bytes_slice(file->bytes, header->shoff, (uint64_t)header->shnum * sizeof(section),
			&sections))
		return ELF_ERR_SECTION_HEADERS;
	for (size_t i = 0; i < header->shnum; i++) {
		if (!bytes_read(sections, i * sizeof(section), &section, sizeof(section)))
			return ELF_ERR_SECTION_HEADERS;
		if (section.type == ELF_SHT_SYMTAB)
			return open_symbols(file, sections, &section);
	}
	return ELF_OK;
}

enum elf_error elf_open(struct bytes bytes, struct elf_file *file)
{
	struct elf_header header = {0};
	enum elf_error error = ELF_OK;

	*file = (struct elf_file){.bytes = bytes};
	error = open_header(file, &header);
	if (error == ELF_OK)
		error = open_segments(file, &header);
	if (error == ELF_OK)
		error = open_sections(file, &header);
	return error;
}

bool elf_segment(const struct elf_file *file, size_t index, struct elf_segment *segment)
{
	return index < file->segment_count && decode_segment(file, index, segment);
}

bool elf_symbol(const struct elf_file *file, size_t index, struct elf_symbol *symbol)
{
	struct elf_symbol_entry entry = {0};

	if (index >= file->symbol_count ||
		!bytes_read(file->symbols, index * sizeof(entry), &entry, sizeof(entry)))
		return false;
	// The last byte of the names is zero, so every name in them ends.
	if (entry.name >= file->names.size)
		return false;
	*symbol = (struct elf_symbol){
		.name = (const char *)file->names.data + entry.name,
		.value = entry.value,
		.size = entry.size,
		.type = entry.info & 15,
		.bind = entry.info >> 4,
		.section = entry.shndx,
	};
	return true;
}

bool elf_find_symbol(const struct elf_file *file, const char *name, struct elf_symbol *symbol)
{
	for (size_t i = 0; elf_symbol(file, i, symbol); i++) {
		if (symbol->section != ELF_SHN_UNDEF && strcmp(symbol->name, name) == 0)
			return true;
	}
	return false;
}

bool elf_find_function(const struct elf_file *file, uint64_t address, struct elf_symbol *symbol)
{
	struct elf_symbol candidate;
	bool found = false;

	for (size_t i = 0; elf_symbol(file, i, &candidate); i++) {
		bool code = candidate.type == ELF_STT_FUNC || candidate.type == ELF_STT_NOTYPE;

		if (!code || candidate.section == ELF_SHN_UNDEF ||
			candidate.section == ELF_SHN_ABS || candidate.name[0] == '\0' ||
			candidate.value > address)
			continue;
		if (!found || candidate.value > symbol->value ||
			(candidate.value == symbol->value && candidate.type == ELF_STT_FUNC)) {
			*symbol = candidate;
			found = true;
		}
	}
	return found && (symbol->size == 0 || address - symbol->value < symbol->size);
}

static const char *const error_texts[ELF_ERR_COUNT] = {
	[ELF_OK] = "no error",
	[ELF_ERR_TOO_SHORT] = "the file is too short for an ELF header",
	[ELF_ERR_MAGIC] = "not an ELF file",
	[ELF_ERR_CLASS] = "not a 64-bit little-endian ELF file of version 1",
	[ELF_ERR_MACHINE] = "not for x86-64",
	[ELF_ERR_TYPE] = "not an executable",
	[ELF_ERR_PROGRAM_HEADERS] = "the program headers exceed the file or have a wrong size",
	[ELF_ERR_SEGMENT] = "a loadable segment exceeds the file or the address space",
	[ELF_ERR_SECTION_HEADERS] = "the section headers exceed the file or have a wrong size",
	[ELF_ERR_SYMBOLS] = "the symbol table is malformed",
};

const char *elf_error_text(enum elf_error error)
{
	return (size_t)error < ELF_ERR_COUNT ? error_texts[error] : "unknown error";
}
