// SPDX-License-Identifier: MIT
#include "tests/unit/igvm_sample.h"

#include <string.h>

#include "lib/crc32.h"

static size_t fixed_size(const struct sample *sample)
{
	return sample->fixed.v1.format_version == IGVM_VERSION_2
		       ? sizeof(struct igvm_fixed_header_v2)
		       : sizeof(struct igvm_fixed_header);
}

size_t sample_add(struct sample *sample, uint32_t type, const void *value, size_t length)
{
	struct igvm_variable_header header = {type, (uint32_t)length};
	size_t at = sample->headers_size;

	assert_true(at + sizeof(header) + length + 8 <= SAMPLE_HEADERS_MAX);
	memcpy(sample->headers + at, &header, sizeof(header));
	memcpy(sample->headers + at + sizeof(header), value, length);
	sample->headers_size += sizeof(header) + ALIGN_UP(length, (size_t)8);
	return at + sizeof(header);
}

void sample_add_platform(struct sample *sample, uint8_t type, uint32_t mask)
{
	SAMPLE_ADD(sample, IGVM_SUPPORTED_PLATFORM,
		(struct igvm_platform){.compatibility_mask = mask,
			.highest_vtl = 2,
			.platform_type = type,
			.platform_version = IGVM_PLATFORM_VERSION});
}

// File offsets are filled in by sample_make: here they are numbers of pages, from 1.
void sample_add_page(struct sample *sample, uint64_t gpa, uint16_t type, uint32_t page)
{
	SAMPLE_ADD(sample, IGVM_PAGE_DATA,
		(struct igvm_page_data){.gpa = gpa,
			.compatibility_mask = SAMPLE_SNP,
			.file_offset = page,
			.data_type = type});
}

void sample_init_empty(struct sample *sample, uint32_t version)
{
	memset(sample, 0, sizeof(*sample));
	sample->fixed.v1.magic = IGVM_MAGIC;
	sample->fixed.v1.format_version = version;
	sample->fixed.page_size = IGVM_PAGE_SIZE;
	for (size_t i = 0; i < SAMPLE_DATA_SIZE; i++)
		sample->data[i] = (uint8_t)(i * 13 + i / IGVM_PAGE_SIZE + 1);
}

static void add_parameters(struct sample *sample)
{
	for (uint32_t i = 0; i < 3; i++)
		SAMPLE_ADD(sample, IGVM_PARAMETER_AREA,
			(struct igvm_parameter_area){.number_of_bytes = (i + 1) * IGVM_PAGE_SIZE,
				.parameter_area_index = i + 10,
				.file_offset = i == 2 ? 1 : 0});
	SAMPLE_ADD(sample, IGVM_VP_COUNT, (struct igvm_parameter){10, 0});
	SAMPLE_ADD(sample, IGVM_ENVIRONMENT_INFO, (struct igvm_parameter){10, 4092});
	SAMPLE_ADD(sample, IGVM_MEMORY_MAP, (struct igvm_parameter){11, 0});
	SAMPLE_ADD(sample, IGVM_MADT, (struct igvm_parameter){11, 4096});
	SAMPLE_ADD(sample, IGVM_DEVICE_TREE, (struct igvm_parameter){12, 0});
	for (uint32_t i = 0; i < 3; i++)
		SAMPLE_ADD(sample, IGVM_PARAMETER_INSERT,
			(struct igvm_parameter_insert){.gpa = 0x200000 + i * 0x10000,
				.compatibility_mask = SAMPLE_SNP | SAMPLE_NATIVE,
				.parameter_area_index = i + 10});
}

void sample_init(struct sample *sample, uint32_t version)
{
	sample_init_empty(sample, version);
	sample_add_platform(sample, IGVM_PLATFORM_SEV_SNP, SAMPLE_SNP);
	sample_add_platform(sample, IGVM_PLATFORM_NATIVE, SAMPLE_NATIVE);
	SAMPLE_ADD(sample, IGVM_GUEST_POLICY,
		(struct igvm_guest_policy){.policy = 0x30000, .compatibility_mask = SAMPLE_SNP});
	SAMPLE_ADD(sample, IGVM_REQUIRED_MEMORY,
		(struct igvm_required_memory){.gpa = 0x100000,
			.compatibility_mask = SAMPLE_SNP,
			.number_of_bytes = 0x400000});
	add_parameters(sample);
	sample_add_page(sample, 0x100000, IGVM_PAGE_NORMAL, 1);
	sample_add_page(sample, 0x101000, IGVM_PAGE_NORMAL, 0);
	sample_add_page(sample, 0x102000, IGVM_PAGE_CPUID_DATA, 2);
	sample_add_page(sample, 0x103000, IGVM_PAGE_SECRETS, 0);
	SAMPLE_ADD(sample, IGVM_ERROR_RANGE,
		(struct igvm_error_range){
			.gpa = 0x300000, .compatibility_mask = SAMPLE_SNP, .size_bytes = 0x1000});
	SAMPLE_ADD(sample, IGVM_VP_CONTEXT,
		(struct igvm_vp_context){
			.gpa = 0xfffffffff000, .compatibility_mask = SAMPLE_SNP, .file_offset = 4});
}

size_t sample_find(const struct sample *sample, uint32_t type, int skip)
{
	for (size_t at = 0; at < sample->headers_size;) {
		struct igvm_variable_header header;

		memcpy(&header, sample->headers + at, sizeof(header));
		if (header.type == type && skip-- == 0)
			return at + sizeof(header);
		at += sizeof(header) + ALIGN_UP((size_t)header.length, (size_t)8);
	}
	fail_msg("the sample has no header of type 0x%x", type);
	return 0;
}

// The offset of the field that names data, or 0.
static size_t data_field(uint32_t type)
{
	switch (type) {
	case IGVM_PARAMETER_AREA:
	case IGVM_PAGE_DATA:
	case IGVM_VP_CONTEXT:
		return 12;
	default:
		return 0;
	}
}

// Turns numbers of pages into file offsets; anything larger is a test's own choice.
static void place_data(const struct sample *sample, uint8_t *headers, uint32_t data_start)
{
	for (size_t at = 0; at + 8 <= sample->headers_size;) {
		struct igvm_variable_header header;
		uint32_t page;
		size_t field;

		memcpy(&header, headers + at, sizeof(header));
		field = data_field(header.type);
		at += sizeof(header);
		if (header.length > sample->headers_size - at)
			return;
		if (field != 0 && header.length >= field + sizeof(page)) {
			memcpy(&page, headers + at + field, sizeof(page));
			if (page >= 1 && page <= SAMPLE_PAGES) {
				page = data_start + (page - 1) * IGVM_PAGE_SIZE;
				memcpy(headers + at + field, &page, sizeof(page));
			}
		}
		at += ALIGN_UP((size_t)header.length, (size_t)8);
	}
}

struct bytes sample_make(const struct sample *sample)
{
	static uint8_t file[sizeof(struct sample)];
	struct igvm_fixed_header_v2 fixed = sample->fixed;
	size_t start = fixed_size(sample);
	size_t data_start = start + sample->headers_size;
	size_t total = data_start + SAMPLE_DATA_SIZE;

	if (fixed.v1.variable_header_offset == 0)
		fixed.v1.variable_header_offset = (uint32_t)start;
	if (fixed.v1.variable_header_size == 0)
		fixed.v1.variable_header_size = (uint32_t)sample->headers_size;
	if (fixed.v1.total_file_size == 0)
		fixed.v1.total_file_size = (uint32_t)total;
	memcpy(file + start, sample->headers, sample->headers_size);
	place_data(sample, file + start, (uint32_t)data_start);
	memcpy(file + data_start, sample->data, SAMPLE_DATA_SIZE);
	if (fixed.v1.checksum == 0) {
		fixed.v1.checksum = crc32_update(0, &fixed, start);
		fixed.v1.checksum =
			crc32_update(fixed.v1.checksum, file + start, sample->headers_size);
	}
	memcpy(file, &fixed, start);
	return unit_copy(file, total);
}

enum igvm_error_id sample_open_bytes(struct bytes bytes, struct igvm_error *error)
{
	struct igvm_file file;
	struct igvm_header header;
	struct igvm_iter iter;
	bool ok = igvm_open(bytes, &file, error);
	uint64_t sum = 0;

	assert_int_equal(ok, error->id == IGVM_OK);
	assert_non_null(igvm_error_text(error->id));
	assert_true(error->offset <= bytes.size);
	if (!ok)
		return error->id;
	iter = igvm_iter_start(&file, UINT32_MAX);
	while (igvm_next(&iter, &header)) {
		for (size_t i = 0; i < header.data.size; i++)
			sum += header.data.data[i];
		assert_true(header.value.size > 0);
	}
	assert_int_equal(iter.offset, file.headers_end);
	assert_true(sum < UINT64_MAX);
	return IGVM_OK;
}

enum igvm_error_id sample_open(const struct sample *sample)
{
	struct bytes bytes = sample_make(sample);
	struct igvm_error error;
	enum igvm_error_id id = sample_open_bytes(bytes, &error);

	unit_free(bytes);
	return id;
}
