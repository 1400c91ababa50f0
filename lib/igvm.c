// SPDX-License-Identifier: MIT
#include "lib/igvm_decode.h"

#include "lib/crc32.h"

// Over the fixed header, with its checksum as zero, and the variable headers.
static uint32_t header_checksum(const struct igvm_file *file, size_t fixed_size)
{
	const size_t checksum_offset = offsetof(struct igvm_fixed_header, checksum);
	const uint8_t zero[sizeof(uint32_t)] = {0};
	const uint8_t *data = file->bytes.data;
	uint32_t crc = crc32_update(0, data, checksum_offset);

	crc = crc32_update(crc, zero, sizeof(zero));
	crc = crc32_update(crc, data + checksum_offset + sizeof(zero),
		fixed_size - checksum_offset - sizeof(zero));
	return crc32_update(
		crc, data + file->headers_start, file->headers_end - file->headers_start);
}

static bool open_version_2(struct igvm_file *file, struct igvm_error *error)
{
	struct igvm_fixed_header_v2 fixed = {0};

	if (!bytes_read(file->bytes, 0, &fixed, sizeof(fixed)))
		return igvm_fail(error, IGVM_ERR_TOO_SHORT, 0, file->bytes.size);
	if (fixed.architecture != IGVM_ARCHITECTURE_X64)
		return igvm_fail(error, IGVM_ERR_ARCHITECTURE,
			offsetof(struct igvm_fixed_header_v2, architecture), fixed.architecture);
	if (fixed.page_size != IGVM_PAGE_SIZE)
		return igvm_fail(error, IGVM_ERR_PAGE_SIZE,
			offsetof(struct igvm_fixed_header_v2, page_size), fixed.page_size);
	return true;
}

#define FIXED(field) offsetof(struct igvm_fixed_header, field)

static bool open_layout(struct igvm_file *file, const struct igvm_fixed_header *fixed,
	size_t fixed_size, struct igvm_error *error)
{
	uint64_t start = fixed->variable_header_offset;
	uint64_t size = fixed->variable_header_size;

	if (fixed->total_file_size != file->bytes.size)
		return igvm_fail(
			error, IGVM_ERR_FILE_SIZE, FIXED(total_file_size), fixed->total_file_size);
	if (start < fixed_size || start > file->bytes.size ||
		!IS_ALIGNED(start, (uint64_t)IGVM_HEADER_ALIGN))
		return igvm_fail(
			error, IGVM_ERR_HEADER_OFFSET, FIXED(variable_header_offset), start);
	if (!range_fits(start, size, file->bytes.size))
		return igvm_fail(error, IGVM_ERR_HEADER_SIZE, FIXED(variable_header_size), size);
	file->headers_start = start;
	file->headers_end = start + size;
	if (header_checksum(file, fixed_size) != fixed->checksum)
		return igvm_fail(error, IGVM_ERR_CHECKSUM, FIXED(checksum), fixed->checksum);
	return true;
}

static bool open_fixed(struct igvm_file *file, struct igvm_error *error)
{
	struct igvm_fixed_header fixed = {0};
	size_t fixed_size = sizeof(fixed);

	if (!bytes_read(file->bytes, 0, &fixed, sizeof(fixed)))
		return igvm_fail(error, IGVM_ERR_TOO_SHORT, 0, file->bytes.size);
	if (fixed.magic != IGVM_MAGIC)
		return igvm_fail(error, IGVM_ERR_MAGIC, FIXED(magic), fixed.magic);
	file->version = fixed.format_version;
	if (file->version == IGVM_VERSION_2) {
		if (!open_version_2(file, error))
			return false;
		fixed_size = sizeof(struct igvm_fixed_header_v2);
	} else if (file->version != IGVM_VERSION_1) {
		return igvm_fail(error, IGVM_ERR_VERSION, FIXED(format_version), file->version);
	}
	return open_layout(file, &fixed, fixed_size, error);
}

static bool open_headers(struct igvm_file *file, struct igvm_error *error)
{
	enum igvm_stage last_stage = IGVM_STAGE_PLATFORM;
	struct igvm_seen seen = {0};
	uint64_t offset = file->headers_start;

	while (offset < file->headers_end) {
		enum igvm_stage stage = IGVM_STAGE_SKIP;
		struct igvm_header header;
		uint64_t next = 0;

		if (!igvm_decode(file, offset, &header, &stage, &next, error))
			return false;
		if (stage != IGVM_STAGE_SKIP) {
			if (stage < last_stage)
				return igvm_fail(error, IGVM_ERR_HEADER_ORDER, offset, header.type);
			last_stage = stage;
			if (!igvm_check_header(file, &seen, &header, error))
				return false;
		}
		offset = next;
	}
	if (file->platform_count == 0)
		return igvm_fail(error, IGVM_ERR_NO_PLATFORM, file->headers_start, 0);
	return true;
}

bool igvm_open(struct bytes bytes, struct igvm_file *file, struct igvm_error *error)
{
	*file = (struct igvm_file){.bytes = bytes};
	*error = (struct igvm_error){.id = IGVM_OK};
	return open_fixed(file, error) && open_headers(file, error);
}

bool igvm_find_platform(
	const struct igvm_file *file, uint8_t platform_type, struct igvm_platform *platform)
{
	for (size_t i = 0; i < file->platform_count; i++) {
		if (file->platforms[i].platform_type == platform_type) {
			*platform = file->platforms[i];
			return true;
		}
	}
	return false;
}

struct igvm_iter igvm_iter_start(const struct igvm_file *file, uint32_t mask)
{
	return (struct igvm_iter){.file = file, .offset = file->headers_start, .mask = mask};
}

bool igvm_next(struct igvm_iter *iter, struct igvm_header *header)
{
	while (iter->offset < iter->file->headers_end) {
		enum igvm_stage stage = IGVM_STAGE_SKIP;
		struct igvm_error error = {0};

		// igvm_open decoded the same bytes, so a failure means that they changed: stop.
		if (!igvm_decode(iter->file, iter->offset, header, &stage, &iter->offset, &error))
			return false;
		if (stage != IGVM_STAGE_SKIP && (header->mask & iter->mask) != 0)
			return true;
	}
	return false;
}

// Where a header puts memory; size 0: nowhere.
static void filled_range(const struct igvm_file *file, const struct igvm_header *header,
	uint64_t *gpa, uint64_t *size)
{
	const struct igvm_area *area = NULL;

	*size = 0;
	switch (header->type) {
	case IGVM_PAGE_DATA:
		*gpa = header->u.page.gpa;
		*size = igvm_page_size(&header->u.page);
		break;
	case IGVM_PARAMETER_INSERT:
		area = igvm_find_area(file, header->u.insert.parameter_area_index);
		*gpa = header->u.insert.gpa;
		*size = area != NULL ? area->size : 0;
		break;
	case IGVM_VP_CONTEXT:
		*gpa = header->u.vp_context.gpa;
		*size = *gpa != 0 ? IGVM_PAGE_SIZE : 0;
		break;
	default:
		break;
	}
}

bool igvm_check_overlap(
	const struct igvm_file *file, uint32_t mask, struct rle *pages, struct igvm_error *error)
{
	struct igvm_iter iter = igvm_iter_start(file, mask);
	struct igvm_header header;

	while (igvm_next(&iter, &header)) {
		uint64_t gpa = 0;
		uint64_t size = 0;

		filled_range(file, &header, &gpa, &size);
		if (!rle_all(pages, gpa / IGVM_PAGE_SIZE, size / IGVM_PAGE_SIZE, false))
			return igvm_fail(error, IGVM_ERR_GPA_TWICE, header.offset, gpa);
		if (!rle_set(pages, gpa / IGVM_PAGE_SIZE, size / IGVM_PAGE_SIZE, true))
			return igvm_fail(error, IGVM_ERR_TOO_FRAGMENTED, header.offset, gpa);
	}
	return true;
}
