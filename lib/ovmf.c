// SPDX-License-Identifier: MIT
#include "lib/ovmf.h"

#define PAGE	  4096ull
#define FOUR_GIB  GIB(4)
#define IMAGE_MAX GIB(1) // firmware lies in the last GiB below 4 GiB

struct parser {
	struct bytes image;
	struct ovmf_info *info;
	struct ovmf_error *error;
};

static bool fail(struct parser *p, enum ovmf_error_id id, uint64_t offset)
{
	*p->error = (struct ovmf_error){.id = id, .offset = offset};
	return false;
}

static bool ranges_meet(const struct ovmf_range *a, const struct ovmf_range *b)
{
	return a->gpa <= b->gpa + b->size && b->gpa <= a->gpa + a->size;
}

// Adds whole pages to the sorted list, joining every range that it touches.
static bool add_prevalidate(struct parser *p, const struct ovmf_range *range, uint64_t offset)
{
	struct ovmf_info *info = p->info;
	struct ovmf_range *list = info->prevalidate;
	uint64_t start = ALIGN_DOWN(range->gpa, PAGE);
	uint64_t end = ALIGN_UP(range->gpa + range->size, PAGE);
	struct ovmf_range joined = {start, end - start};
	size_t first = 0;
	size_t last = 0;

	while (first < info->prevalidate_count && list[first].gpa + list[first].size < start)
		first++;
	for (last = first; last < info->prevalidate_count; last++) {
		if (!ranges_meet(&list[last], &joined))
			break;
		start = MIN(start, list[last].gpa);
		end = MAX(end, list[last].gpa + list[last].size);
		joined = (struct ovmf_range){start, end - start};
	}
	if (info->prevalidate_count - (last - first) >= OVMF_RANGES_MAX)
		return fail(p, OVMF_ERR_TOO_MANY_RANGES, offset);
	memmove(&list[first + 1], &list[last], (info->prevalidate_count - last) * sizeof(list[0]));
	list[first] = joined;
	info->prevalidate_count += 1 - (last - first);
	return true;
}

// A section's memory lies below 4 GiB, outside the image, and is not empty.
static bool section_range(struct parser *p, const struct ovmf_section *section, uint64_t offset,
	struct ovmf_range *range)
{
	*range = (struct ovmf_range){section->base, section->size};
	if (range->size == 0 || !range_fits(range->gpa, range->size, FOUR_GIB))
		return fail(p, OVMF_ERR_SECTION_RANGE, offset);
	if (ranges_overlap(range->gpa, range->size, p->info->image.gpa, p->info->image.size))
		return fail(p, OVMF_ERR_SECTION_OVERLAP, offset);
	return true;
}

static bool set_once(
	struct parser *p, struct ovmf_range *field, const struct ovmf_range *range, uint64_t offset)
{
	if (field->size != 0)
		return fail(p, OVMF_ERR_SECTION_TWICE, offset);
	*field = *range;
	return true;
}

static bool set_page(
	struct parser *p, struct ovmf_range *field, const struct ovmf_range *range, uint64_t offset)
{
	if (range->size != PAGE || !IS_ALIGNED(range->gpa, PAGE))
		return fail(p, OVMF_ERR_SECTION_SIZE, offset);
	return set_once(p, field, range, offset);
}

static bool sev_section(struct parser *p, const struct ovmf_section *section, uint64_t offset)
{
	struct ovmf_info *info = p->info;
	struct ovmf_range range = {0};
	bool ok = true;

	if (section->type != OVMF_SEV_MEMORY && section->type != OVMF_SEV_SECRETS &&
		section->type != OVMF_SEV_CPUID && section->type != OVMF_SEV_CAA &&
		section->type != OVMF_SEV_KERNEL_HASHES)
		return true;
	if (!section_range(p, section, offset, &range))
		return false;
	if (section->type == OVMF_SEV_SECRETS)
		ok = set_page(p, &info->secrets, &range, offset);
	else if (section->type == OVMF_SEV_CPUID)
		ok = set_page(p, &info->cpuid, &range, offset);
	else if (section->type == OVMF_SEV_CAA)
		ok = set_page(p, &info->caa, &range, offset);
	else if (section->type == OVMF_SEV_KERNEL_HASHES)
		ok = set_once(p, &info->kernel_hashes, &range, offset);
	return ok && add_prevalidate(p, &range, offset);
}

// A parameter: base is an offset in the area, which must come first.
static bool area_parameter(struct parser *p, const struct ovmf_section *section,
	struct ovmf_range *field, uint64_t offset)
{
	const struct ovmf_range *area = &p->info->parameter_area;
	struct ovmf_range range = {area->gpa + section->base, section->size};

	if (area->size == 0)
		return fail(p, OVMF_ERR_SECTION_ORDER, offset);
	if (section->size == 0 || !range_fits(section->base, section->size, area->size))
		return fail(p, OVMF_ERR_SECTION_RANGE, offset);
	return set_once(p, field, &range, offset);
}

static bool igvm_section(struct parser *p, const struct ovmf_section *section, uint64_t offset)
{
	struct ovmf_info *info = p->info;
	struct ovmf_range range = {0};
	struct ovmf_range *field =
		section->type == OVMF_IGVM_PARAMETER_AREA ? &info->parameter_area : &info->hob_area;

	switch (section->type) {
	case OVMF_IGVM_PARAMETER_AREA:
	case OVMF_IGVM_HOB_AREA:
		return section_range(p, section, offset, &range) &&
		       set_once(p, field, &range, offset) && add_prevalidate(p, &range, offset);
	case OVMF_IGVM_MEMORY_MAP:
		return area_parameter(p, section, &info->memory_map, offset);
	case OVMF_IGVM_VP_COUNT:
		if (section->size < sizeof(uint32_t))
			return fail(p, OVMF_ERR_SECTION_SIZE, offset);
		return area_parameter(p, section, &info->vp_count, offset);
	default:
		return true;
	}
}

typedef bool section_handler(struct parser *p, const struct ovmf_section *section, uint64_t offset);

static bool parse_metadata(struct parser *p, struct bytes data, uint64_t data_offset,
	uint32_t signature, section_handler *handler)
{
	struct ovmf_metadata_offset where = {0};
	struct ovmf_metadata header = {0};
	uint64_t offset = 0;

	if (data.size != sizeof(where) || !bytes_read(data, 0, &where, sizeof(where)))
		return fail(p, OVMF_ERR_ENTRY_LENGTH, data_offset);
	if (!sub_checked(p->image.size, where.from_end, &offset) ||
		!bytes_read(p->image, offset, &header, sizeof(header)))
		return fail(p, OVMF_ERR_METADATA_OFFSET, data_offset);
	if (header.signature != signature)
		return fail(p, OVMF_ERR_METADATA_SIGNATURE, offset);
	if (header.version != OVMF_METADATA_VERSION)
		return fail(p, OVMF_ERR_METADATA_VERSION, offset);
	if (header.length < sizeof(header) ||
		header.section_count >
			(header.length - sizeof(header)) / sizeof(struct ovmf_section) ||
		!range_fits(offset, header.length, p->image.size))
		return fail(p, OVMF_ERR_METADATA_LENGTH, offset);
	offset += sizeof(header);
	for (uint32_t i = 0; i < header.section_count; i++) {
		struct ovmf_section section = {0};

		if (!bytes_read(p->image, offset, &section, sizeof(section)))
			return fail(p, OVMF_ERR_METADATA_LENGTH, offset);
		if (!handler(p, &section, offset))
			return false;
		offset += sizeof(section);
	}
	return true;
}

static bool parse_reset(struct parser *p, struct bytes data, uint64_t offset)
{
	if (data.size != sizeof(p->info->sev_es_reset) ||
		!bytes_read(data, 0, &p->info->sev_es_reset, data.size))
		return fail(p, OVMF_ERR_ENTRY_LENGTH, offset);
	return true;
}

static bool guid_is(const uint8_t a[OVMF_GUID_SIZE], const uint8_t b[OVMF_GUID_SIZE])
{
	return memcmp(a, b, OVMF_GUID_SIZE) == 0;
}

// Entries that the SVSM has no use for are skipped.
static bool parse_entry(
	struct parser *p, const uint8_t guid[OVMF_GUID_SIZE], struct bytes data, uint64_t offset)
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
		return fail(p, OVMF_ERR_ENTRY_TWICE, offset);
	*seen = true;
	if (seen == &info->has_sev_metadata)
		return parse_metadata(p, data, offset, OVMF_SIGNATURE_SEV, sev_section);
	if (seen == &info->has_igvm_metadata)
		return parse_metadata(p, data, offset, OVMF_SIGNATURE_IGVM, igvm_section);
	return parse_reset(p, data, offset);
}

// The entry that ends at `end`; its data start at or after `limit`.
static bool read_entry(struct parser *p, uint64_t limit, uint64_t *end,
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

static bool parse_table(struct parser *p)
{
	static const uint8_t guid[] = OVMF_GUID_TABLE_FOOTER;
	struct ovmf_entry_footer footer = {0};
	struct bytes data = {0};
	uint64_t end = p->image.size - OVMF_TABLE_END_FROM_IMAGE_END;
	uint64_t start = 0;

	if (!bytes_read(p->image, end - sizeof(footer), &footer, sizeof(footer)) ||
		!guid_is(footer.guid, guid))
		return fail(p, OVMF_ERR_NO_TABLE, end - sizeof(footer));
	if (footer.length < sizeof(footer) || footer.length > end)
		return fail(p, OVMF_ERR_TABLE_LENGTH, end - sizeof(footer));
	start = end - footer.length;
	end -= sizeof(footer);
	while (end > start) {
		if (!read_entry(p, start, &end, &footer, &data))
			return fail(p, OVMF_ERR_ENTRY_LENGTH, end);
		if (!parse_entry(p, footer.guid, data, end))
			return false;
	}
	return true;
}

// The pages that the SVSM fills, and the memory map, must not lie on each other.
static bool check_pages(struct parser *p)
{
	const struct ovmf_info *info = p->info;
	const struct ovmf_range *ranges[] = {&info->secrets, &info->cpuid, &info->caa,
		&info->kernel_hashes, &info->parameter_area, &info->hob_area};

	if (!info->has_sev_metadata)
		return fail(p, OVMF_ERR_NO_SEV_METADATA, 0);
	if (info->secrets.size == 0)
		return fail(p, OVMF_ERR_NO_SECRETS, 0);
	if (info->cpuid.size == 0)
		return fail(p, OVMF_ERR_NO_CPUID, 0);
	if (info->caa.size == 0)
		return fail(p, OVMF_ERR_NO_CAA, 0);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		for (size_t j = 0; j < i; j++) {
			if (ranges_overlap(ranges[i]->gpa, ranges[i]->size, ranges[j]->gpa,
				    ranges[j]->size))
				return fail(p, OVMF_ERR_SECTION_OVERLAP, 0);
		}
	}
	if (ranges_overlap(info->memory_map.gpa, info->memory_map.size, info->vp_count.gpa,
		    info->vp_count.size))
		return fail(p, OVMF_ERR_SECTION_OVERLAP, 0);
	return true;
}

bool ovmf_parse(struct bytes image, struct ovmf_info *info, struct ovmf_error *error)
{
	struct parser p = {.image = image, .info = info, .error = error};

	*info = (struct ovmf_info){0};
	*error = (struct ovmf_error){.id = OVMF_OK};
	if (image.size < PAGE || image.size > IMAGE_MAX || !IS_ALIGNED(image.size, PAGE))
		return fail(&p, OVMF_ERR_SIZE, image.size);
	info->image = (struct ovmf_range){FOUR_GIB - image.size, image.size};
	info->reset_vector_gpa = FOUR_GIB - OVMF_RESET_VECTOR_FROM_END;
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
