// SPDX-License-Identifier: MIT
#include "lib/ovmf_sections.h"

#define IMAGE_MAX GIB(1) // firmware lies in the last GiB below 4 GiB

static bool parse_metadata(struct ovmf_parser *p, struct bytes data, uint64_t data_offset,
	uint32_t signature, ovmf_section_handler *handler)
{
	struct ovmf_metadata_offset where = {0};
	struct ovmf_metadata header = {0};
	uint64_t offset = 0;

	if (data.size != sizeof(where) || !bytes_read(data, 0, &where, sizeof(where)))
		return ovmf_fail(p, OVMF_ERR_ENTRY_LENGTH, data_offset);
	if (!sub_checked(p->image.size, where.from_end, &offset) ||
		!bytes_read(p->image, offset, &header, sizeof(header)))
		return ovmf_fail(p, OVMF_ERR_METADATA_OFFSET, data_offset);
	if (header.signature != signature)
		return ovmf_fail(p, OVMF_ERR_METADATA_SIGNATURE, offset);
	if (header.version != OVMF_METADATA_VERSION)
		return ovmf_fail(p, OVMF_ERR_METADATA_VERSION, offset);
	if (header.length < sizeof(header) ||
		header.section_count >
			(header.length - sizeof(header)) / sizeof(struct ovmf_section) ||
		!range_fits(offset, header.length, p->image.size))
		return ovmf_fail(p, OVMF_ERR_METADATA_LENGTH, offset);
	offset += sizeof(header);
	for (uint32_t i = 0; i < header.section_count; i++) {
		struct ovmf_section section = {0};

		if (!bytes_read(p->image, offset, &section, sizeof(section)))
			return ovmf_fail(p, OVMF_ERR_METADATA_LENGTH, offset);
		if (!handler(p, &section, offset))
			return false;
		offset += sizeof(section);
	}
	return true;
}

static bool parse_reset(struct ovmf_parser *p, struct bytes data, uint64_t offset)
{
	if (data.size != sizeof(p->info->sev_es_reset) ||
		!bytes_read(data, 0, &p->info->sev_es_reset, data.size))
		return ovmf_fail(p, OVMF_ERR_ENTRY_LENGTH, offset);
	return true;
}

static bool guid_is(const uint8_t a[OVMF_GUID_SIZE], const uint8_t b[OVMF_GUID_SIZE])
{
	return memcmp(a, b, OVMF_GUID_SIZE) == 0;
}

// Entries that the SVSM has no use for are skipped.
static bool parse_entry(struct ovmf_parser *p, const uint8_t guid[OVMF_GUID_SIZE],
	struct bytes data, uint64_t offset)
{
	static const uint8_t sev[] = OVMF_GUID_SEV_METADATA;
	static const uint8_t igvm[] = OVMF_GUID_IGVM_METADATA;
	static const uint8_t reset[] = OVMF_GUID_SEV_ES_RESET;
	struct ovmf_info *info = p->info;
	bool *seen = NULL;

	if (guid_is(guid, sev))
		seen = &info->has_sev_metadata;
	else if (guid_is(guid, igvm))
		seen = &info->has_igvm_metadata;
	else if (guid_is(guid, reset))
		seen = &info->has_sev_es_reset;
	else
		return true;
	if (*seen)
		return ovmf_fail(p, OVMF_ERR_ENTRY_TWICE, offset);
	*seen = true;
	if (seen == &info->has_sev_metadata)
		return parse_metadata(p, data, offset, OVMF_SIGNATURE_SEV, ovmf_sev_section);
	if (seen == &info->has_igvm_metadata)
		return parse_metadata(p, data, offset, OVMF_SIGNATURE_IGVM, ovmf_igvm_section);
	return parse_reset(p, data, offset);
}

// The entry that ends at `end`; its data start at or after `limit`.
static bool read_entry(struct ovmf_parser *p, uint64_t limit, uint64_t *end,
	struct ovmf_entry_footer *footer, struct bytes *data)
{
	const uint64_t footer_size = sizeof(*footer);

	if (*end - limit < footer_size ||
		!bytes_read(p->image, *end - footer_size, footer, sizeof(*footer)) ||
		footer->length < footer_size || footer->length > *end - limit ||
		!bytes_slice(p->image, *end - footer->length, footer->length - footer_size, data))
		return false;
	*end -= footer->length;
	return true;
}

static bool parse_table(struct ovmf_parser *p)
{
	static const uint8_t guid[] = OVMF_GUID_TABLE_FOOTER;
	struct ovmf_entry_footer footer = {0};
	struct bytes data = {0};
	uint64_t end = p->image.size - OVMF_TABLE_END_FROM_IMAGE_END;
	uint64_t start = 0;

	if (!bytes_read(p->image, end - sizeof(footer), &footer, sizeof(footer)) ||
		!guid_is(footer.guid, guid))
		return ovmf_fail(p, OVMF_ERR_NO_TABLE, end - sizeof(footer));
	if (footer.length < sizeof(footer) || footer.length > end)
		return ovmf_fail(p, OVMF_ERR_TABLE_LENGTH, end - sizeof(footer));
	start = end - footer.length;
	end -= sizeof(footer);
	while (end > start) {
		if (!read_entry(p, start, &end, &footer, &data))
			return ovmf_fail(p, OVMF_ERR_ENTRY_LENGTH, end);
		if (!parse_entry(p, footer.guid, data, end))
			return false;
	}
	return true;
}

// The pages that the SVSM fills, and the memory map, must not lie on each other.
static bool check_pages(struct ovmf_parser *p)
{
	const struct ovmf_info *info = p->info;
	const struct ovmf_range *ranges[] = {&info->secrets, &info->cpuid, &info->caa,
		&info->kernel_hashes, &info->parameter_area, &info->hob_area};

	if (!info->has_sev_metadata)
		return ovmf_fail(p, OVMF_ERR_NO_SEV_METADATA, 0);
	if (info->secrets.size == 0)
		return ovmf_fail(p, OVMF_ERR_NO_SECRETS, 0);
	if (info->cpuid.size == 0)
		return ovmf_fail(p, OVMF_ERR_NO_CPUID, 0);
	if (info->caa.size == 0)
		return ovmf_fail(p, OVMF_ERR_NO_CAA, 0);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		for (size_t j = 0; j < i; j++) {
			if (ranges_overlap(ranges[i]->gpa, ranges[i]->size, ranges[j]->gpa,
				    ranges[j]->size))
				return ovmf_fail(p, OVMF_ERR_SECTION_OVERLAP, 0);
		}
	}
	if (ranges_overlap(info->memory_map.gpa, info->memory_map.size, info->vp_count.gpa,
		    info->vp_count.size))
		return ovmf_fail(p, OVMF_ERR_SECTION_OVERLAP, 0);
	return true;
}

bool ovmf_parse(struct bytes image, struct ovmf_info *info, struct ovmf_error *error)
{
	struct ovmf_parser p = {.image = image, .info = info, .error = error};

	*info = (struct ovmf_info){0};
	*error = (struct ovmf_error){.id = OVMF_OK};
	if (image.size < OVMF_PAGE || image.size > IMAGE_MAX || !IS_ALIGNED(image.size, OVMF_PAGE))
		return ovmf_fail(&p, OVMF_ERR_SIZE, image.size);
	info->image = (struct ovmf_range){OVMF_END - image.size, image.size};
	info->reset_vector_gpa = OVMF_END - OVMF_RESET_VECTOR_FROM_END;
	return parse_table(&p) && check_pages(&p);
}

static const char *const error_texts[OVMF_ERR_COUNT] = {
	[OVMF_OK] = "no error",
	[OVMF_ERR_SIZE] = "the image is not made of whole pages, or larger than 1 GiB",
	[OVMF_ERR_NO_TABLE] = "no table of GUIDed entries at the end of the image",
	[OVMF_ERR_TABLE_LENGTH] = "the table exceeds the image",
	[OVMF_ERR_ENTRY_LENGTH] = "a table entry has a wrong length",
	[OVMF_ERR_ENTRY_TWICE] = "a table entry is there twice",
	[OVMF_ERR_METADATA_OFFSET] = "metadata lies outside the image",
	[OVMF_ERR_METADATA_SIGNATURE] = "metadata has the wrong signature",
	[OVMF_ERR_METADATA_VERSION] = "metadata has an unknown version",
	[OVMF_ERR_METADATA_LENGTH] = "metadata exceeds its length or the image",
	[OVMF_ERR_SECTION_RANGE] = "a section is empty, or exceeds 4 GiB or its area",
	[OVMF_ERR_SECTION_TWICE] = "a section that may be there once is there twice",
	[OVMF_ERR_SECTION_SIZE] = "a section has the wrong size or alignment",
	[OVMF_ERR_SECTION_ORDER] = "an IGVM parameter comes before the parameter area",
	[OVMF_ERR_SECTION_OVERLAP] = "sections overlap each other or the image",
	[OVMF_ERR_NO_SEV_METADATA] = "no SEV metadata: not a firmware for SEV-SNP",
	[OVMF_ERR_NO_SECRETS] = "the SEV metadata names no secrets page",
	[OVMF_ERR_NO_CPUID] = "the SEV metadata names no CPUID page",
	[OVMF_ERR_NO_CAA] = "the SEV metadata names no SVSM calling area",
	[OVMF_ERR_TOO_MANY_RANGES] = "more separate memory ranges than the SVSM supports",
};

const char *ovmf_error_text(enum ovmf_error_id id)
{
	return (size_t)id < OVMF_ERR_COUNT ? error_texts[id] : "unknown error";
}
