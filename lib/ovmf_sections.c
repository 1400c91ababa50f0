// SPDX-License-Identifier: MIT
// Memory that the firmware's metadata name: what the SVSM fills, and what it validates beforehand.
#include "lib/ovmf_sections.h"

bool ovmf_fail(struct ovmf_parser *p, enum ovmf_error_id id, uint64_t offset)
{
	*p->error = (struct ovmf_error){.id = id, .offset = offset};
	return false;
}

static bool ranges_meet(const struct ovmf_range *a, const struct ovmf_range *b)
{
	return a->gpa <= b->gpa + b->size && b->gpa <= a->gpa + a->size;
}

// Adds whole pages to the sorted list, joining every range that it touches.
static bool add_prevalidate(struct ovmf_parser *p, const struct ovmf_range *range, uint64_t offset)
{
	struct ovmf_info *info = p->info;
	struct ovmf_range *list = info->prevalidate;
	uint64_t start = ALIGN_DOWN(range->gpa, OVMF_PAGE);
	uint64_t end = ALIGN_UP(range->gpa + range->size, OVMF_PAGE);
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
		return ovmf_fail(p, OVMF_ERR_TOO_MANY_RANGES, offset);
	memmove(&list[first + 1], &list[last], (info->prevalidate_count - last) * sizeof(list[0]));
	list[first] = joined;
	info->prevalidate_count += 1 - (last - first);
	return true;
}

// A section's memory lies below 4 GiB, outside the image, and is not empty.
static bool section_range(struct ovmf_parser *p, const struct ovmf_section *section,
	uint64_t offset, struct ovmf_range *range)
{
	*range = (struct ovmf_range){section->base, section->size};
	if (range->size == 0 || !range_fits(range->gpa, range->size, OVMF_END))
		return ovmf_fail(p, OVMF_ERR_SECTION_RANGE, offset);
	if (ranges_overlap(range->gpa, range->size, p->info->image.gpa, p->info->image.size))
		return ovmf_fail(p, OVMF_ERR_SECTION_OVERLAP, offset);
	return true;
}

static bool set_once(struct ovmf_parser *p, struct ovmf_range *field,
	const struct ovmf_range *range, uint64_t offset)
{
	if (field->size != 0)
		return ovmf_fail(p, OVMF_ERR_SECTION_TWICE, offset);
	*field = *range;
	return true;
}

static bool set_page(struct ovmf_parser *p, struct ovmf_range *field,
	const struct ovmf_range *range, uint64_t offset)
{
	if (range->size != OVMF_PAGE || !IS_ALIGNED(range->gpa, OVMF_PAGE))
		return ovmf_fail(p, OVMF_ERR_SECTION_SIZE, offset);
	return set_once(p, field, range, offset);
}

bool ovmf_sev_section(struct ovmf_parser *p, const struct ovmf_section *section, uint64_t offset)
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
static bool area_parameter(struct ovmf_parser *p, const struct ovmf_section *section,
	struct ovmf_range *field, uint64_t offset)
{
	const struct ovmf_range *area = &p->info->parameter_area;
	struct ovmf_range range = {area->gpa + section->base, section->size};

	if (area->size == 0)
		return ovmf_fail(p, OVMF_ERR_SECTION_ORDER, offset);
	if (section->size == 0 || !range_fits(section->base, section->size, area->size))
		return ovmf_fail(p, OVMF_ERR_SECTION_RANGE, offset);
	return set_once(p, field, &range, offset);
}

bool ovmf_igvm_section(struct ovmf_parser *p, const struct ovmf_section *section, uint64_t offset)
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
			return ovmf_fail(p, OVMF_ERR_SECTION_SIZE, offset);
		return area_parameter(p, section, &info->vp_count, offset);
	default:
		return true;
	}
}
