// SPDX-License-Identifier: MIT
// The reader of IGVM files. Each input is read as it is, and once more with sizes and checksum put
// right, so that what lies behind them is reached; its first byte says how many pages of data
// follow the bytes.
#include <stdlib.h>
#include <string.h>

#include "lib/crc32.h"
#include "lib/igvm.h"
#include "tests/fuzz/fuzz.h"

#define PAGES_MAX 4
#define RUNS	  64

static void check_header(const struct igvm_file *file, const struct igvm_header *header)
{
	struct bytes headers = bytes_make(
		file->bytes.data + file->headers_start, file->headers_end - file->headers_start);
	struct bytes data = bytes_make(
		file->bytes.data + file->headers_end, file->bytes.size - file->headers_end);

	FUZZ_CHECK(fuzz_is_inside(header->value, headers));
	FUZZ_CHECK(fuzz_is_inside(header->data, data));
	FUZZ_CHECK(igvm_type_name(header->type) != NULL);
	switch (header->type) {
	case IGVM_PAGE_DATA:
		FUZZ_CHECK(header->data.size == 0 ||
			   header->data.size == igvm_page_size(&header->u.page));
		FUZZ_CHECK(header->u.page.gpa % igvm_page_size(&header->u.page) == 0);
		break;
	case IGVM_PARAMETER_AREA:
		FUZZ_CHECK(header->data.size == 0 ||
			   header->data.size == header->u.area.number_of_bytes);
		FUZZ_CHECK(
			igvm_find_area(file, header->u.area.parameter_area_index)->initial.data ==
			header->data.data);
		break;
	case IGVM_PARAMETER_INSERT:
		FUZZ_CHECK(igvm_find_area(file, header->u.insert.parameter_area_index)->size != 0);
		FUZZ_CHECK(header->u.insert.gpa % IGVM_PAGE_SIZE == 0);
		break;
	default:
		break;
	}
}

static void walk(const struct igvm_file *file, uint32_t mask)
{
	struct igvm_iter iter = igvm_iter_start(file, mask);
	struct igvm_header header;
	uint64_t last = 0;

	while (igvm_next(&iter, &header)) {
		FUZZ_CHECK(header.offset >= file->headers_start && header.offset >= last);
		FUZZ_CHECK(iter.offset > header.offset && iter.offset <= file->headers_end);
		FUZZ_CHECK((header.mask & mask) != 0);
		last = iter.offset;
		check_header(file, &header);
	}
	FUZZ_CHECK(iter.offset == file->headers_end);
}

// What a platform's headers fill adds up to the pages in the bitmap, or the check refuses.
static void check_overlap(const struct igvm_file *file, uint32_t mask)
{
	uint64_t ends[RUNS];
	struct igvm_error error = {0};
	struct igvm_header header;
	struct igvm_iter iter = igvm_iter_start(file, mask);
	struct rle pages;
	uint64_t bytes = 0;

	FUZZ_CHECK(rle_init(&pages, ends, RUNS, BIT(52)));
	if (!igvm_check_overlap(file, mask, &pages, &error)) {
		FUZZ_CHECK(error.id == IGVM_ERR_GPA_TWICE || error.id == IGVM_ERR_TOO_FRAGMENTED);
		return;
	}
	while (igvm_next(&iter, &header)) {
		if (header.type == IGVM_PAGE_DATA)
			bytes += igvm_page_size(&header.u.page);
		else if (header.type == IGVM_VP_CONTEXT && header.u.vp_context.gpa != 0)
			bytes += IGVM_PAGE_SIZE;
		else if (header.type == IGVM_PARAMETER_INSERT)
			bytes += igvm_find_area(file, header.u.insert.parameter_area_index)->size;
	}
	FUZZ_CHECK(rle_is_sound(&pages) && rle_count(&pages, true) == bytes / IGVM_PAGE_SIZE);
}

static void read_file(struct bytes bytes)
{
	struct igvm_error error = {0};
	struct igvm_platform platform;
	struct igvm_file file;

	if (!igvm_open(bytes, &file, &error)) {
		FUZZ_CHECK(error.id > IGVM_OK && error.id < IGVM_ERR_COUNT);
		FUZZ_CHECK(error.offset <= bytes.size && igvm_error_text(error.id) != NULL);
		return;
	}
	FUZZ_CHECK(file.platform_count > 0 && file.platform_count <= IGVM_PLATFORMS_MAX);
	walk(&file, UINT32_MAX);
	for (uint8_t type = 0; type <= IGVM_PLATFORM_CCA; type++) {
		FUZZ_CHECK(igvm_platform_name(type) != NULL);
		if (!igvm_find_platform(&file, type, &platform))
			continue;
		walk(&file, platform.compatibility_mask);
		check_overlap(&file, platform.compatibility_mask);
	}
}

// As a builder leaves it: the size of the whole, and the checksum over both kinds of headers.
static void put_right(uint8_t *data, size_t size)
{
	struct igvm_fixed_header fixed;
	size_t fixed_size = sizeof(fixed);

	if (size < sizeof(fixed))
		return;
	memcpy(&fixed, data, sizeof(fixed));
	if (fixed.format_version == IGVM_VERSION_2)
		fixed_size = sizeof(struct igvm_fixed_header_v2);
	fixed.magic = IGVM_MAGIC;
	fixed.total_file_size = (uint32_t)size;
	fixed.checksum = 0;
	memcpy(data, &fixed, sizeof(fixed));
	if (size < fixed_size ||
		!range_fits(fixed.variable_header_offset, fixed.variable_header_size, size))
		return;
	fixed.checksum = crc32_update(0, data, fixed_size);
	fixed.checksum = crc32_update(
		fixed.checksum, data + fixed.variable_header_offset, fixed.variable_header_size);
	memcpy(data, &fixed, sizeof(fixed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	size_t pages = (size_t)input_below(&input, PAGES_MAX + 1);
	size_t total = input.size + pages * IGVM_PAGE_SIZE;
	uint8_t *file = calloc(total + 1, 1);

	FUZZ_CHECK(file != NULL);
	if (input.size > 0)
		memcpy(file, input.data, input.size);
	struct bytes copy = fuzz_copy(file, total);

	read_file(copy);
	put_right((uint8_t *)(uintptr_t)copy.data, total);
	read_file(copy);
	fuzz_free(copy);
	free(file);
	return 0;
}
