// SPDX-License-Identifier: MIT
// The reader of ELF files.
#include <string.h>

#include "lib/elf.h"
#include "tests/fuzz/fuzz.h"

static void check_segments(const struct elf_file *file)
{
	struct elf_segment segment;

	for (size_t i = 0; i < file->segment_count; i++) {
		FUZZ_CHECK(elf_segment(file, i, &segment));
		FUZZ_CHECK(fuzz_is_inside(segment.data, file->bytes));
		if (segment.type == ELF_PT_LOAD)
			FUZZ_CHECK(segment.data.size <= segment.size &&
				   segment.va + segment.size >= segment.va &&
				   segment.pa + segment.size >= segment.pa);
	}
	FUZZ_CHECK(!elf_segment(file, file->segment_count, &segment));
}

// By definition, without the reader's own search.
static bool has_function_at(const struct elf_file *file, uint64_t address)
{
	struct elf_symbol symbol;

	for (size_t i = 0; elf_symbol(file, i, &symbol); i++) {
		if ((symbol.type == ELF_STT_FUNC || symbol.type == ELF_STT_NOTYPE) &&
			symbol.section != ELF_SHN_UNDEF && symbol.section != ELF_SHN_ABS &&
			symbol.name[0] != '\0' && symbol.value == address)
			return true;
	}
	return false;
}

static void check_symbol(const struct elf_file *file, const struct elf_symbol *symbol)
{
	struct bytes name = bytes_make(symbol->name, strlen(symbol->name) + 1);
	struct elf_symbol found;

	FUZZ_CHECK(fuzz_is_inside(name, file->bytes));
	if (symbol->section != ELF_SHN_UNDEF) {
		FUZZ_CHECK(elf_find_symbol(file, symbol->name, &found));
		FUZZ_CHECK(strcmp(found.name, symbol->name) == 0);
	}
	if (elf_find_function(file, symbol->value, &found))
		FUZZ_CHECK(found.value <= symbol->value &&
			   (found.size == 0 || symbol->value - found.value < found.size));
	if (has_function_at(file, symbol->value) && elf_find_function(file, symbol->value, &found))
		FUZZ_CHECK(found.value == symbol->value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = fuzz_copy(data, size);
	struct elf_symbol symbol;
	struct elf_file file;
	enum elf_error error = elf_open(bytes, &file);

	FUZZ_CHECK(error < ELF_ERR_COUNT && elf_error_text(error) != NULL);
	if (error == ELF_OK) {
		check_segments(&file);
		// Each symbol is looked for among all, so only so many.
		for (size_t i = 0; i < MIN(file.symbol_count, (size_t)64); i++) {
			FUZZ_CHECK(elf_symbol(&file, i, &symbol));
			check_symbol(&file, &symbol);
		}
		FUZZ_CHECK(!elf_symbol(&file, file.symbol_count, &symbol));
	}
	fuzz_free(bytes);
	return 0;
}
