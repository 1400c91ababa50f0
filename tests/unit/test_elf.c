// SPDX-License-Identifier: MIT
// The ELF reader on a small file made here, on that file with each field spoilt, and on noise.
#include <string.h>

#include "lib/elf.h"
#include "tests/unit/unit.h"

#define BASE 0xffffffff80000000ull

static const char strings[] = "\0start\0helper\0datum\0label";

// The whole file as one structure: the layout is the compiler's.
struct sample {
	struct elf_header header;
	struct elf_program_header segments[3];
	struct elf_section_header sections[3];
	struct elf_symbol_entry symbols[6];
	char strings[sizeof(strings)];
	uint8_t text[64];
};

static const struct sample good = {
	.header =
		{
			.magic = ELF_MAGIC,
			.class = ELF_CLASS_64,
			.data = ELF_DATA_LSB,
			.ident_version = 1,
			.type = ELF_TYPE_EXEC,
			.machine = ELF_MACHINE_X86_64,
			.version = 1,
			.entry = BASE + 4,
			.phoff = offsetof(struct sample, segments),
			.shoff = offsetof(struct sample, sections),
			.phentsize = sizeof(struct elf_program_header),
			.phnum = 3,
			.shentsize = sizeof(struct elf_section_header),
			.shnum = 3,
		},
	.segments =
		{
			{.type = ELF_PT_LOAD,
				.flags = ELF_PF_R | ELF_PF_X,
				.offset = offsetof(struct sample, text),
				.vaddr = BASE,
				.paddr = 0x1000,
				.filesz = 64,
				.memsz = 64},
			{.type = ELF_PT_LOAD,
				.flags = ELF_PF_R | ELF_PF_W,
				.vaddr = BASE + 0x1000,
				.memsz = 0x2000},
			{.type = 0x6474e551, .offset = UINT64_MAX, .filesz = UINT64_MAX},
		},
	.sections =
		{
			{0},
			{.type = ELF_SHT_SYMTAB,
				.offset = offsetof(struct sample, symbols),
				.size = sizeof(((struct sample *)0)->symbols),
				.link = 2,
				.entsize = sizeof(struct elf_symbol_entry)},
			{.type = ELF_SHT_STRTAB,
				.offset = offsetof(struct sample, strings),
				.size = sizeof(strings)},
		},
	.symbols =
		{
			{0},
			{.name = 1,
				.info = 0x10 | ELF_STT_FUNC,
				.shndx = 1,
				.value = BASE,
				.size = 16},
			{.name = 7,
				.info = ELF_STT_FUNC,
				.shndx = 1,
				.value = BASE + 16,
				.size = 8},
			{.name = 14, .info = ELF_STT_OBJECT, .shndx = 2, .value = BASE + 20},
			{.name = 20, .info = ELF_STT_NOTYPE, .shndx = 1, .value = BASE + 32},
			{.name = 1, .info = ELF_STT_FUNC, .shndx = ELF_SHN_UNDEF, .value = BASE},
		},
};

static void make_sample(struct sample *s)
{
	*s = good;
	memcpy(s->strings, strings, sizeof(strings));
	memset(s->text, 0x90, sizeof(s->text));
}

static void reads_segments(void **context)
{
	struct elf_segment segment;
	struct elf_file file;
	struct sample sample;
	struct bytes bytes;

	(void)context;
	make_sample(&sample);
	bytes = unit_copy(&sample, sizeof(sample));
	assert_int_equal(elf_open(bytes, &file), ELF_OK);
	assert_int_equal(file.entry, BASE + 4);
	assert_int_equal(file.segment_count, 3);
	assert_true(elf_segment(&file, 0, &segment));
	assert_int_equal(segment.va, BASE);
	assert_int_equal(segment.pa, 0x1000);
	assert_int_equal(segment.flags, ELF_PF_R | ELF_PF_X);
	assert_int_equal(segment.data.size, 64);
	assert_int_equal(segment.data.data[63], 0x90);
	assert_true(elf_segment(&file, 1, &segment));
	assert_int_equal(segment.size, 0x2000);
	assert_int_equal(segment.data.size, 0);
	assert_true(elf_segment(&file, 2, &segment));
	assert_false(elf_segment(&file, 3, &segment));
	unit_free(bytes);
}

static void finds_symbols(void **context)
{
	struct elf_symbol symbol;
	struct elf_file file;
	struct sample sample;
	struct bytes bytes;

	(void)context;
	make_sample(&sample);
	bytes = unit_copy(&sample, sizeof(sample));
	assert_int_equal(elf_open(bytes, &file), ELF_OK);
	assert_int_equal(file.symbol_count, 6);
	assert_true(elf_find_symbol(&file, "start", &symbol));
	assert_int_equal(symbol.value, BASE);
	assert_int_equal(symbol.bind, 1);
	assert_true(elf_find_symbol(&file, "datum", &symbol));
	assert_false(elf_find_symbol(&file, "star", &symbol));
	assert_false(elf_find_symbol(&file, "starts", &symbol));

	assert_false(elf_find_function(&file, BASE - 1, &symbol));
	assert_true(elf_find_function(&file, BASE, &symbol));
	assert_string_equal(symbol.name, "start");
	assert_true(elf_find_function(&file, BASE + 15, &symbol));
	assert_string_equal(symbol.name, "start");
	assert_true(elf_find_function(&file, BASE + 23, &symbol));
	assert_string_equal(symbol.name, "helper");
	// Beyond the size of helper, and before label.
	assert_false(elf_find_function(&file, BASE + 24, &symbol));
	assert_true(elf_find_function(&file, BASE + 40, &symbol));
	assert_string_equal(symbol.name, "label");
	unit_free(bytes);
}

// What elf_find_function says for an address when the symbols are these two, in this order.
static void assert_found(struct elf_symbol_entry first, struct elf_symbol_entry second, uint64_t at,
	const char *name)
{
	struct elf_symbol symbol;
	struct elf_file file;
	struct sample sample;
	struct bytes bytes;

	make_sample(&sample);
	memset(sample.symbols, 0, sizeof(sample.symbols));
	sample.symbols[1] = first;
	sample.symbols[2] = second;
	bytes = unit_copy(&sample, sizeof(sample));
	assert_int_equal(elf_open(bytes, &file), ELF_OK);
	assert_int_equal(elf_find_function(&file, at, &symbol), name != NULL);
	if (name != NULL)
		assert_string_equal(symbol.name, name);
	unit_free(bytes);
}

static void chooses_among_symbols(void **context)
{
	const struct elf_symbol_entry start = {
		.name = 1, .info = ELF_STT_FUNC, .shndx = 1, .value = BASE};
	const struct elf_symbol_entry helper = {
		.name = 7, .info = ELF_STT_FUNC, .shndx = 1, .value = BASE + 16};
	const struct elf_symbol_entry label = {
		.name = 20, .info = ELF_STT_NOTYPE, .shndx = 1, .value = BASE + 16};
	struct elf_symbol_entry other = label;

	(void)context;
	assert_found(start, helper, BASE + 20, "helper");
	assert_found(helper, start, BASE + 20, "helper");
	assert_found(helper, start, BASE + 15, "start");
	assert_found(helper, label, BASE + 16, "helper");
	assert_found(label, helper, BASE + 16, "helper");
	assert_found(label, start, BASE + 16, "label");
	assert_found(start, label, BASE + 16, "label");
	other.shndx = ELF_SHN_ABS; // a number, no place
	assert_found(start, other, BASE + 16, "start");
	other = label;
	other.shndx = ELF_SHN_UNDEF;
	assert_found(start, other, BASE + 16, "start");
	other = label;
	other.name = 0;
	assert_found(start, other, BASE + 16, "start");
	assert_found(other, other, BASE + 16, NULL);
}

static enum elf_error open_copy(const void *data, size_t size)
{
	struct bytes bytes = unit_copy(data, size);
	struct elf_segment segment;
	struct elf_symbol symbol;
	struct elf_file file;
	enum elf_error error = elf_open(bytes, &file);

	// Whatever was accepted can be walked to its end.
	if (error == ELF_OK) {
		for (size_t i = 0; elf_segment(&file, i, &segment); i++)
			assert_true(
				segment.data.size <= segment.size || segment.type != ELF_PT_LOAD);
		for (size_t i = 0; elf_symbol(&file, i, &symbol); i++)
			assert_true(strlen(symbol.name) < size);
		ignore_result(elf_find_function(&file, BASE + 20, &symbol));
	} else {
		assert_non_null(elf_error_text(error));
	}
	unit_free(bytes);
	return error;
}

#define assert_spoilt(field, value, expected)                                                      \
	do {                                                                                       \
		struct sample spoilt;                                                              \
		make_sample(&spoilt);                                                              \
		spoilt.field = (value);                                                            \
		assert_int_equal(open_copy(&spoilt, sizeof(spoilt)), expected);                    \
	} while (0)

static void refuses_bad_fields(void **context)
{
	(void)context;
	assert_spoilt(header.magic, 0, ELF_ERR_MAGIC);
	assert_spoilt(header.class, 1, ELF_ERR_CLASS);
	assert_spoilt(header.data, 2, ELF_ERR_CLASS);
	assert_spoilt(header.ident_version, 0, ELF_ERR_CLASS);
	assert_spoilt(header.version, 2, ELF_ERR_CLASS);
	assert_spoilt(header.machine, 3, ELF_ERR_MACHINE);
	assert_spoilt(header.type, 1, ELF_ERR_TYPE);
	assert_spoilt(header.phentsize, 32, ELF_ERR_PROGRAM_HEADERS);
	assert_spoilt(header.phoff, sizeof(struct sample), ELF_ERR_PROGRAM_HEADERS);
	assert_spoilt(header.phoff, UINT64_MAX, ELF_ERR_PROGRAM_HEADERS);
	assert_spoilt(header.phnum, 0xffff, ELF_ERR_PROGRAM_HEADERS);
	assert_spoilt(header.shentsize, 32, ELF_ERR_SECTION_HEADERS);
	assert_spoilt(header.shoff, UINT64_MAX - 64, ELF_ERR_SECTION_HEADERS);
	assert_spoilt(header.shnum, 0xffff, ELF_ERR_SECTION_HEADERS);
	assert_spoilt(segments[0].filesz, 65, ELF_ERR_SEGMENT);
	assert_spoilt(segments[0].memsz, 63, ELF_ERR_SEGMENT);
	assert_spoilt(segments[0].memsz, UINT64_MAX, ELF_ERR_SEGMENT);
	assert_spoilt(segments[0].offset, UINT64_MAX, ELF_ERR_SEGMENT);
	assert_spoilt(segments[0].paddr, UINT64_MAX, ELF_ERR_SEGMENT);
	assert_spoilt(segments[1].vaddr, UINT64_MAX, ELF_ERR_SEGMENT);
	assert_spoilt(sections[1].entsize, 16, ELF_ERR_SYMBOLS);
	assert_spoilt(sections[1].size, 25, ELF_ERR_SYMBOLS);
	assert_spoilt(sections[1].size, 24ull << 32, ELF_ERR_SYMBOLS);
	assert_spoilt(sections[1].link, 3, ELF_ERR_SYMBOLS);
	assert_spoilt(sections[1].link, UINT32_MAX, ELF_ERR_SYMBOLS);
	assert_spoilt(sections[1].link, 1, ELF_ERR_SYMBOLS);
	assert_spoilt(sections[2].size, 0, ELF_ERR_SYMBOLS);
	assert_spoilt(sections[2].size, sizeof(strings) - 1, ELF_ERR_SYMBOLS);
	assert_spoilt(sections[2].offset, UINT64_MAX, ELF_ERR_SYMBOLS);
	assert_spoilt(symbols[3].name, sizeof(strings), ELF_ERR_SYMBOLS);
	// No sections, no segments: nothing to find, but a file.
	assert_spoilt(header.shnum, 0, ELF_OK);
	assert_spoilt(header.phnum, 0, ELF_OK);
}

static void refuses_cut_files(void **context)
{
	const size_t needed = offsetof(struct sample, text) + 64;
	struct sample sample;

	(void)context;
	make_sample(&sample);
	for (size_t size = 0; size < sizeof(sample); size++)
		assert_int_equal(open_copy(&sample, size) == ELF_OK, size >= needed);
}

static void names_errors(void **context)
{
	(void)context;
	for (int error = 0; error < ELF_ERR_COUNT; error++)
		assert_non_null(elf_error_text((enum elf_error)error));
	assert_string_equal(elf_error_text(ELF_ERR_COUNT), "unknown error");
}

static void survives_noise(void **context)
{
	(void)context;
	for (int i = 0; i < 100000; i++) {
		struct sample sample;

		make_sample(&sample);
		for (uint64_t n = unit_random(4) + 1; n > 0; n--)
			((uint8_t *)&sample)[unit_random(sizeof(sample))] =
				(uint8_t)unit_random(256);
		open_copy(&sample, sizeof(sample));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_segments),
		cmocka_unit_test(finds_symbols),
		cmocka_unit_test(chooses_among_symbols),
		cmocka_unit_test(refuses_bad_fields),
		cmocka_unit_test(refuses_cut_files),
		cmocka_unit_test(names_errors),
		cmocka_unit_test(survives_noise),
	};

	return cmocka_run_group_tests_name("elf", tests, NULL, NULL);
}
