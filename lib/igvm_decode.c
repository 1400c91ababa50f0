// SPDX-License-Identifier: MIT
#include "lib/igvm_decode.h"

#define NO_MASK 0xff

struct type_info {
	uint32_t type;
	uint16_t length;     // of the value
	uint8_t mask_offset; // of compatibility_mask in the value, or NO_MASK
	const char *name;
};

#define PARAMETER(id, text)                                                                        \
	{                                                                                          \
		id, sizeof(struct igvm_parameter), NO_MASK, text                                   \
	}
#define MASKED(id, type, text)                                                                     \
	{                                                                                          \
		id, sizeof(type), offsetof(type, compatibility_mask), text                         \
	}

static const struct type_info types[] = {
	MASKED(IGVM_SUPPORTED_PLATFORM, struct igvm_platform, "SUPPORTED_PLATFORM"),
	MASKED(IGVM_GUEST_POLICY, struct igvm_guest_policy, "GUEST_POLICY"),
	MASKED(IGVM_RELOCATABLE_REGION, struct igvm_relocatable_region, "RELOCATABLE_REGION"),
	MASKED(IGVM_PAGE_TABLE_RELOCATION, struct igvm_page_table_relocation,
		"PAGE_TABLE_RELOCATION"),
	MASKED(IGVM_CORIM_DOCUMENT, struct igvm_corim_data, "CORIM_DOCUMENT"),
	MASKED(IGVM_CORIM_SIGNATURE, struct igvm_corim_data, "CORIM_SIGNATURE"),
	MASKED(IGVM_CCA_POLICY, struct igvm_cca_policy, "CCA_POLICY"),
	{IGVM_PARAMETER_AREA, sizeof(struct igvm_parameter_area), NO_MASK, "PARAMETER_AREA"},
	MASKED(IGVM_PAGE_DATA, struct igvm_page_data, "PAGE_DATA"),
	MASKED(IGVM_PARAMETER_INSERT, struct igvm_parameter_insert, "PARAMETER_INSERT"),
	MASKED(IGVM_VP_CONTEXT, struct igvm_vp_context, "VP_CONTEXT"),
	MASKED(IGVM_REQUIRED_MEMORY, struct igvm_required_memory, "REQUIRED_MEMORY"),
	PARAMETER(IGVM_VP_COUNT, "VP_COUNT"),
	PARAMETER(IGVM_SRAT, "SRAT"),
	PARAMETER(IGVM_MADT, "MADT"),
	PARAMETER(IGVM_MMIO_RANGES, "MMIO_RANGES"),
	MASKED(IGVM_SNP_ID_BLOCK, struct igvm_snp_id_block, "SNP_ID_BLOCK"),
	PARAMETER(IGVM_MEMORY_MAP, "MEMORY_MAP"),
	MASKED(IGVM_ERROR_RANGE, struct igvm_error_range, "ERROR_RANGE"),
	PARAMETER(IGVM_COMMAND_LINE, "COMMAND_LINE"),
	PARAMETER(IGVM_SLIT, "SLIT"),
	PARAMETER(IGVM_PPTT, "PPTT"),
	{IGVM_VBS_MEASUREMENT, IGVM_VBS_MEASUREMENT_SIZE, 0, "VBS_MEASUREMENT"},
	PARAMETER(IGVM_DEVICE_TREE, "DEVICE_TREE"),
	PARAMETER(IGVM_ENVIRONMENT_INFO, "ENVIRONMENT_INFO"),
};

static const struct type_info *find_type(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i].type == type)
			return &types[i];
	}
	return NULL;
}

const char *igvm_type_name(uint32_t type)
{
	const struct type_info *info = find_type(type & ~IGVM_OPTIONAL);

	return info != NULL ? info->name : "unknown";
}

bool igvm_fail(struct igvm_error *error, enum igvm_error_id id, uint64_t offset, uint64_t value)
{
	*error = (struct igvm_error){.id = id, .offset = offset, .value = value};
	return false;
}

static enum igvm_stage stage_of(uint32_t type)
{
	if (type <= IGVM_PLATFORM_LAST)
		return IGVM_STAGE_PLATFORM;
	return type <= IGVM_INIT_LAST ? IGVM_STAGE_INIT : IGVM_STAGE_DIRECTIVE;
}

// Where the decoder is, for the checks of one header.
struct decoder {
	const struct igvm_file *file;
	struct igvm_header *header;
	uint64_t value_offset; // of the value, in the file
	struct igvm_error *error;
};

#define FAIL(d, id, type, field, what)                                                             \
	igvm_fail((d)->error, id, (d)->value_offset + offsetof(type, field), what)

static bool check_file_data(
	struct decoder *d, uint64_t field_offset, uint32_t file_offset, uint64_t size)
{
	if (file_offset < d->file->headers_end ||
		!bytes_slice(d->file->bytes, file_offset, size, &d->header->data))
		return igvm_fail(d->error, IGVM_ERR_FILE_OFFSET, d->value_offset + field_offset,
			file_offset);
	return true;
}

static bool is_page_range(uint64_t gpa, uint64_t size, uint64_t align)
{
	return IS_ALIGNED(gpa, align) && IS_ALIGNED(size, (uint64_t)IGVM_PAGE_SIZE) &&
	       range_fits(gpa, size, BIT(52));
}

static bool decode_policy(struct decoder *d)
{
	const struct igvm_guest_policy *policy = &d->header->u.policy;

	if (policy->reserved != 0)
		return FAIL(
			d, IGVM_ERR_RESERVED, struct igvm_guest_policy, reserved, policy->reserved);
	return true;
}

static bool decode_area(struct decoder *d)
{
	const struct igvm_parameter_area *area = &d->header->u.area;

	// Each of its pages is measured, one after the other: a few bytes of a file must not ask
	// for years of that.
	if (area->number_of_bytes == 0 || area->number_of_bytes > IGVM_AREA_SIZE_MAX ||
		!is_page_range(0, area->number_of_bytes, 1))
		return FAIL(d, IGVM_ERR_SIZE, struct igvm_parameter_area, number_of_bytes,
			area->number_of_bytes);
	if (area->file_offset == 0)
		return true;
	return check_file_data(d, offsetof(struct igvm_parameter_area, file_offset),
		area->file_offset, area->number_of_bytes);
}

uint64_t igvm_page_size(const struct igvm_page_data *page)
{
	return (page->flags & IGVM_PAGE_FLAG_2MB) != 0 ? IGVM_LARGE_PAGE_SIZE : IGVM_PAGE_SIZE;
}

static bool decode_page(struct decoder *d)
{
	const struct igvm_page_data *page = &d->header->u.page;
	const uint32_t known_flags =
		IGVM_PAGE_FLAG_2MB | IGVM_PAGE_FLAG_UNMEASURED | IGVM_PAGE_FLAG_SHARED;
	uint64_t size = igvm_page_size(page);

	if ((page->flags & ~known_flags) != 0)
		return FAIL(d, IGVM_ERR_PAGE_FLAGS, struct igvm_page_data, flags, page->flags);
	if (page->data_type > IGVM_PAGE_CPUID_XF)
		return FAIL(
			d, IGVM_ERR_PAGE_TYPE, struct igvm_page_data, data_type, page->data_type);
	if (page->reserved != 0)
		return FAIL(d, IGVM_ERR_RESERVED, struct igvm_page_data, reserved, page->reserved);
	if (!is_page_range(page->gpa, size, size))
		return FAIL(d, IGVM_ERR_GPA, struct igvm_page_data, gpa, page->gpa);
	if (page->file_offset == 0)
		return true;
	return check_file_data(
		d, offsetof(struct igvm_page_data, file_offset), page->file_offset, size);
}

static bool decode_insert(struct decoder *d)
{
	const struct igvm_parameter_insert *insert = &d->header->u.insert;

	if (!is_page_range(insert->gpa, 0, IGVM_PAGE_SIZE))
		return FAIL(d, IGVM_ERR_GPA, struct igvm_parameter_insert, gpa, insert->gpa);
	return true;
}

// Whether the context is a page, as for SEV-SNP, SEV-ES, SEV and native.
static bool is_context_page(const struct igvm_platform *platform)
{
	return platform->platform_type != IGVM_PLATFORM_VSM &&
	       platform->platform_type != IGVM_PLATFORM_CCA;
}

static bool decode_vp_context(struct decoder *d)
{
	const struct igvm_vp_context *vp = &d->header->u.vp_context;
	uint64_t size = 0;

	for (size_t i = 0; i < d->file->platform_count; i++) {
		const struct igvm_platform *platform = &d->file->platforms[i];

		if ((platform->compatibility_mask & vp->compatibility_mask) != 0 &&
			is_context_page(platform))
			size = IGVM_PAGE_SIZE;
	}
	if (vp->reserved != 0)
		return FAIL(d, IGVM_ERR_RESERVED, struct igvm_vp_context, reserved, vp->reserved);
	if (!is_page_range(vp->gpa, IGVM_PAGE_SIZE, IGVM_PAGE_SIZE))
		return FAIL(d, IGVM_ERR_GPA, struct igvm_vp_context, gpa, vp->gpa);
	return check_file_data(
		d, offsetof(struct igvm_vp_context, file_offset), vp->file_offset, size);
}

static bool decode_required(struct decoder *d)
{
	const struct igvm_required_memory *required = &d->header->u.required;

	if (!is_page_range(required->gpa, 0, IGVM_PAGE_SIZE))
		return FAIL(d, IGVM_ERR_GPA, struct igvm_required_memory, gpa, required->gpa);
	if (!is_page_range(required->gpa, required->number_of_bytes, IGVM_PAGE_SIZE))
		return FAIL(d, IGVM_ERR_SIZE, struct igvm_required_memory, number_of_bytes,
			required->number_of_bytes);
	return true;
}

static bool decode_error_range(struct decoder *d)
{
	const struct igvm_error_range *range = &d->header->u.error_range;

	if (!is_page_range(range->gpa, 0, IGVM_PAGE_SIZE))
		return FAIL(d, IGVM_ERR_GPA, struct igvm_error_range, gpa, range->gpa);
	if (!is_page_range(range->gpa, range->size_bytes, IGVM_PAGE_SIZE))
		return FAIL(
			d, IGVM_ERR_SIZE, struct igvm_error_range, size_bytes, range->size_bytes);
	return true;
}

static bool decode_corim(struct decoder *d)
{
	const struct igvm_corim_data *corim = &d->header->u.corim;

	return check_file_data(d, offsetof(struct igvm_corim_data, file_offset), corim->file_offset,
		corim->size_bytes);
}

static bool decode_value(struct decoder *d)
{
	switch (d->header->type) {
	case IGVM_GUEST_POLICY:
		return decode_policy(d);
	case IGVM_PARAMETER_AREA:
		return decode_area(d);
	case IGVM_PAGE_DATA:
		return decode_page(d);
	case IGVM_PARAMETER_INSERT:
		return decode_insert(d);
	case IGVM_VP_CONTEXT:
		return decode_vp_context(d);
	case IGVM_REQUIRED_MEMORY:
		return decode_required(d);
	case IGVM_ERROR_RANGE:
		return decode_error_range(d);
	case IGVM_CORIM_DOCUMENT:
	case IGVM_CORIM_SIGNATURE:
		return decode_corim(d);
	default:
		return true;
	}
}

// A mask may name platforms that the file does not support: builders leave such bits behind, and
// nobody will load those headers.
static bool decode_mask(struct decoder *d, const struct type_info *info)
{
	struct igvm_header *header = d->header;
	uint64_t offset = d->value_offset + info->mask_offset;

	header->mask = UINT32_MAX;
	if (info->mask_offset == NO_MASK)
		return true;
	if (!get_le32(header->value, info->mask_offset, &header->mask))
		return igvm_fail(d->error, IGVM_ERR_HEADER_LENGTH, offset, header->value.size);
	if (header->type == IGVM_SUPPORTED_PLATFORM)
		return true;
	if (header->mask == 0)
		return igvm_fail(d->error, IGVM_ERR_MASK, offset, header->mask);
	return true;
}

// Finds value, padding and the next header; all within the variable headers.
static bool decode_frame(struct decoder *d, uint64_t offset, uint32_t *type, uint64_t *next)
{
	struct bytes all = d->file->bytes;
	struct igvm_variable_header frame = {0};
	struct bytes padding = {0};
	uint64_t end = 0;

	if (!range_fits(offset, sizeof(frame), d->file->headers_end) ||
		!bytes_read(all, offset, &frame, sizeof(frame)))
		return igvm_fail(
			d->error, IGVM_ERR_HEADER_CUT, offset, d->file->headers_end - offset);
	*type = frame.type;
	d->value_offset = offset + sizeof(frame);
	end = d->value_offset + frame.length;
	*next = ALIGN_UP(end, (uint64_t)IGVM_HEADER_ALIGN);
	if (*next > d->file->headers_end ||
		!bytes_slice(all, d->value_offset, frame.length, &d->header->value) ||
		!bytes_slice(all, end, *next - end, &padding))
		return igvm_fail(d->error, IGVM_ERR_HEADER_CUT, offset, frame.length);
	if (!bytes_is_zero(padding))
		return igvm_fail(d->error, IGVM_ERR_PADDING, end, 0);
	return true;
}

bool igvm_decode(const struct igvm_file *file, uint64_t offset, struct igvm_header *header,
	enum igvm_stage *stage, uint64_t *next, struct igvm_error *error)
{
	struct decoder d = {.file = file, .header = header, .error = error};
	const struct type_info *info = NULL;
	uint32_t type = 0;

	*header = (struct igvm_header){.offset = offset};
	if (!decode_frame(&d, offset, &type, next))
		return false;
	header->type = type & ~IGVM_OPTIONAL;
	info = find_type(header->type);
	if (info == NULL) {
		*stage = IGVM_STAGE_SKIP;
		if ((type & IGVM_OPTIONAL) != 0)
			return true;
		return igvm_fail(error, IGVM_ERR_HEADER_TYPE, offset, type);
	}
	*stage = stage_of(header->type);
	if (header->value.size != info->length)
		return igvm_fail(error, IGVM_ERR_HEADER_LENGTH,
			offset + offsetof(struct igvm_variable_header, length), header->value.size);
	if (info->length <= sizeof(header->u) &&
		!bytes_read(header->value, 0, &header->u, info->length))
		return igvm_fail(error, IGVM_ERR_HEADER_LENGTH, offset, info->length);
	return decode_mask(&d, info) && decode_value(&d);
}
