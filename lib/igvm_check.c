// SPDX-License-Identifier: MIT
// What a header may be depends on those before it: platforms, areas, what comes once.
#include "lib/igvm_decode.h"

static uint64_t value_offset(const struct igvm_header *header)
{
	return header->offset + sizeof(struct igvm_variable_header);
}

static bool add_platform(
	struct igvm_file *file, const struct igvm_header *header, struct igvm_error *error)
{
	const struct igvm_platform *platform = &header->u.platform;
	uint32_t mask = platform->compatibility_mask;
	uint64_t offset = value_offset(header);

	if (mask == 0 || (mask & (mask - 1)) != 0 || (mask & file->declared_mask) != 0)
		return igvm_fail(error, IGVM_ERR_PLATFORM_MASK, offset, mask);
	if (platform->platform_type > IGVM_PLATFORM_CCA)
		return igvm_fail(error, IGVM_ERR_PLATFORM_TYPE,
			offset + offsetof(struct igvm_platform, platform_type),
			platform->platform_type);
	if (platform->platform_version != IGVM_PLATFORM_VERSION)
		return igvm_fail(error, IGVM_ERR_PLATFORM_VERSION,
			offset + offsetof(struct igvm_platform, platform_version),
			platform->platform_version);
	for (size_t i = 0; i < file->platform_count; i++) {
		if (file->platforms[i].platform_type == platform->platform_type)
			return igvm_fail(error, IGVM_ERR_PLATFORM_TWICE, header->offset,
				platform->platform_type);
	}
	// The masks differ, so there are at most 32.
	file->platforms[file->platform_count++] = *platform;
	file->declared_mask |= mask;
	return true;
}

static struct igvm_area *find_area(struct igvm_file *file, uint32_t index)
{
	for (size_t i = 0; i < file->area_count; i++) {
		if (file->areas[i].index == index)
			return &file->areas[i];
	}
	return NULL;
}

const struct igvm_area *igvm_find_area(const struct igvm_file *file, uint32_t index)
{
	return find_area((struct igvm_file *)file, index);
}

static bool add_area(
	struct igvm_file *file, const struct igvm_header *header, struct igvm_error *error)
{
	const struct igvm_parameter_area *area = &header->u.area;

	if (find_area(file, area->parameter_area_index) != NULL)
		return igvm_fail(error, IGVM_ERR_AREA_TWICE,
			value_offset(header) +
				offsetof(struct igvm_parameter_area, parameter_area_index),
			area->parameter_area_index);
	if (file->area_count == IGVM_AREAS_MAX)
		return igvm_fail(error, IGVM_ERR_AREA_COUNT, header->offset, IGVM_AREAS_MAX);
	file->areas[file->area_count++] = (struct igvm_area){
		.index = area->parameter_area_index,
		.size = area->number_of_bytes,
		.initial = header->data,
	};
	return true;
}

static bool check_insert(
	struct igvm_file *file, const struct igvm_header *header, struct igvm_error *error)
{
	const struct igvm_parameter_insert *insert = &header->u.insert;
	struct igvm_area *area = find_area(file, insert->parameter_area_index);
	uint64_t index_offset =
		value_offset(header) + offsetof(struct igvm_parameter_insert, parameter_area_index);

	if (area == NULL)
		return igvm_fail(
			error, IGVM_ERR_AREA_UNKNOWN, index_offset, insert->parameter_area_index);
	if ((area->inserted_mask & header->mask) != 0)
		return igvm_fail(
			error, IGVM_ERR_AREA_INSERTED, index_offset, insert->parameter_area_index);
	if (!range_fits(insert->gpa, area->size, BIT(52)))
		return igvm_fail(error, IGVM_ERR_GPA, value_offset(header), insert->gpa);
	area->inserted_mask |= header->mask;
	return true;
}

// The least that a parameter takes; what the loader writes may be longer.
static uint64_t parameter_size(uint32_t type)
{
	switch (type) {
	case IGVM_VP_COUNT:
	case IGVM_ENVIRONMENT_INFO:
		return sizeof(uint32_t);
	case IGVM_MMIO_RANGES:
		return 4 * sizeof(uint64_t);
	default:
		return 1;
	}
}

static bool check_parameter(
	struct igvm_file *file, const struct igvm_header *header, struct igvm_error *error)
{
	const struct igvm_parameter *parameter = &header->u.parameter;
	const struct igvm_area *area = find_area(file, parameter->parameter_area_index);

	if (area == NULL)
		return igvm_fail(error, IGVM_ERR_AREA_UNKNOWN, value_offset(header),
			parameter->parameter_area_index);
	if (area->inserted_mask != 0)
		return igvm_fail(error, IGVM_ERR_AREA_INSERTED, value_offset(header),
			parameter->parameter_area_index);
	if (!range_fits(parameter->byte_offset, parameter_size(header->type), area->size))
		return igvm_fail(error, IGVM_ERR_PARAMETER_OFFSET,
			value_offset(header) + offsetof(struct igvm_parameter, byte_offset),
			parameter->byte_offset);
	return true;
}

static bool check_once(uint32_t *seen, const struct igvm_header *header, enum igvm_error_id id,
	struct igvm_error *error)
{
	if ((*seen & header->mask) != 0)
		return igvm_fail(error, id, header->offset, header->mask);
	*seen |= header->mask;
	return true;
}

// Contexts of VSM come once for each privilege level: data.size is 0 for those.
static bool check_vp_context(
	struct igvm_seen *seen, const struct igvm_header *header, struct igvm_error *error)
{
	if (header->u.vp_context.vp_index != 0 || header->data.size == 0)
		return true;
	return check_once(&seen->vp_context, header, IGVM_ERR_VP_INDEX, error);
}

bool igvm_check_header(struct igvm_file *file, struct igvm_seen *seen,
	const struct igvm_header *header, struct igvm_error *error)
{
	switch (header->type) {
	case IGVM_SUPPORTED_PLATFORM:
		return add_platform(file, header, error);
	case IGVM_GUEST_POLICY:
		return check_once(&seen->policy, header, IGVM_ERR_POLICY_TWICE, error);
	case IGVM_PARAMETER_AREA:
		return add_area(file, header, error);
	case IGVM_PARAMETER_INSERT:
		return check_insert(file, header, error);
	case IGVM_VP_CONTEXT:
		return check_vp_context(seen, header, error);
	case IGVM_VP_COUNT:
	case IGVM_SRAT:
	case IGVM_MADT:
	case IGVM_MMIO_RANGES:
	case IGVM_MEMORY_MAP:
	case IGVM_COMMAND_LINE:
	case IGVM_SLIT:
	case IGVM_PPTT:
	case IGVM_DEVICE_TREE:
	case IGVM_ENVIRONMENT_INFO:
		return check_parameter(file, header, error);
	default:
		return true;
	}
}
