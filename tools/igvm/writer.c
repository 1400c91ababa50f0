// SPDX-License-Identifier: MIT
#include "tools/igvm/writer.h"

#include <stdlib.h>

#include "lib/crc32.h"

#define FIXED_SIZE sizeof(struct igvm_fixed_header)

// Appends a header; returns the offset of its value.
static size_t add_header(struct writer *w, uint32_t type, const void *value, size_t length)
{
	struct igvm_variable_header header = {.type = type, .length = (uint32_t)length};
	size_t padded = ALIGN_UP(length, (size_t)IGVM_HEADER_ALIGN);
	size_t start = w->headers_size;

	w->headers_size += sizeof(header) + padded;
	w->headers = reallocate(w->headers, w->headers_size, 1);
	memset(w->headers + start, 0, sizeof(header) + padded);
	memcpy(w->headers + start, &header, sizeof(header));
	memcpy(w->headers + start + sizeof(header), value, length);
	return start + sizeof(header);
}

static size_t add_page(struct writer *w, const uint8_t *contents)
{
	for (size_t i = 0; i < w->page_count; i++) {
		if (memcmp(w->data + i * IGVM_PAGE_SIZE, contents, IGVM_PAGE_SIZE) == 0)
			return i;
	}
	w->data = reallocate(w->data, w->page_count + 1, IGVM_PAGE_SIZE);
	memcpy(w->data + w->page_count * IGVM_PAGE_SIZE, contents, IGVM_PAGE_SIZE);
	return w->page_count++;
}

static void add_fixup(struct writer *w, size_t header_offset, const uint8_t *contents)
{
	w->fixups = reallocate(w->fixups, w->fixup_count + 1, sizeof(*w->fixups));
	w->fixups[w->fixup_count++] = (struct writer_fixup){
		.header_offset = header_offset,
		.page = add_page(w, contents),
	};
}

void writer_platform(struct writer *w, const struct igvm_platform *platform)
{
	add_header(w, IGVM_SUPPORTED_PLATFORM, platform, sizeof(*platform));
}

void writer_policy(struct writer *w, const struct igvm_guest_policy *policy)
{
	add_header(w, IGVM_GUEST_POLICY, policy, sizeof(*policy));
}

void writer_required(struct writer *w, const struct igvm_required_memory *required)
{
	add_header(w, IGVM_REQUIRED_MEMORY, required, sizeof(*required));
}

void writer_area(struct writer *w, const struct igvm_parameter_area *area)
{
	add_header(w, IGVM_PARAMETER_AREA, area, sizeof(*area));
}

void writer_parameter(struct writer *w, uint32_t type, uint32_t area, uint32_t offset)
{
	struct igvm_parameter parameter = {area, offset};

	add_header(w, type, &parameter, sizeof(parameter));
}

void writer_insert(struct writer *w, const struct igvm_parameter_insert *insert)
{
	add_header(w, IGVM_PARAMETER_INSERT, insert, sizeof(*insert));
}

void writer_page(struct writer *w, const struct igvm_page_data *page, const uint8_t *contents)
{
	size_t value = add_header(w, IGVM_PAGE_DATA, page, sizeof(*page));

	if (contents != NULL && !bytes_is_zero(bytes_make(contents, IGVM_PAGE_SIZE)))
		add_fixup(w, value + offsetof(struct igvm_page_data, file_offset), contents);
}

void writer_vp_context(struct writer *w, const struct igvm_vp_context *context, const uint8_t *vmsa)
{
	size_t value = add_header(w, IGVM_VP_CONTEXT, context, sizeof(*context));

	add_fixup(w, value + offsetof(struct igvm_vp_context, file_offset), vmsa);
}

static void apply_fixups(struct writer *w)
{
	for (size_t i = 0; i < w->fixup_count; i++) {
		uint32_t offset = (uint32_t)(FIXED_SIZE + w->headers_size +
					     w->fixups[i].page * IGVM_PAGE_SIZE);

		memcpy(w->headers + w->fixups[i].header_offset, &offset, sizeof(offset));
	}
}

void writer_finish(struct writer *w, const char *path)
{
	size_t data_size = w->page_count * IGVM_PAGE_SIZE;
	size_t total = FIXED_SIZE + w->headers_size + data_size;
	struct igvm_fixed_header fixed = {
		.magic = IGVM_MAGIC,
		.format_version = IGVM_VERSION_1,
		.variable_header_offset = FIXED_SIZE,
		.variable_header_size = (uint32_t)w->headers_size,
		.total_file_size = (uint32_t)total,
	};
	uint8_t *file = allocate(total, 1);

	if (total > UINT32_MAX)
		die("%s: the file would exceed 4 GiB", path);
	apply_fixups(w);
	fixed.checksum = crc32_update(0, &fixed, sizeof(fixed));
	fixed.checksum = crc32_update(fixed.checksum, w->headers, w->headers_size);
	memcpy(file, &fixed, sizeof(fixed));
	memcpy(file + FIXED_SIZE, w->headers, w->headers_size);
	memcpy(file + FIXED_SIZE + w->headers_size, w->data, data_size);
	file_write(path, file, total);
	free(file);
	free(w->headers);
	free(w->data);
	free(w->fixups);
}
