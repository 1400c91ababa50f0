// SPDX-License-Identifier: MIT
// The IGVM reader on good files, on files with one field spoilt, and on noise with a checksum
// that fits.
#include <string.h>

#include "lib/igvm.h"
#include "tests/unit/igvm_sample.h"

// Opens a copy that ends where the file ends; walks whatever was accepted.
static enum igvm_error_id open_bytes(struct bytes bytes, struct igvm_error *error)
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

static enum igvm_error_id open_sample(const struct sample *sample)
{
	struct bytes bytes = sample_make(sample);
	struct igvm_error error;
	enum igvm_error_id id = open_bytes(bytes, &error);

	unit_free(bytes);
	return id;
}

static void check_iteration(uint32_t version)
{
	static const uint32_t expected[] = {IGVM_SUPPORTED_PLATFORM, IGVM_GUEST_POLICY,
		IGVM_REQUIRED_MEMORY, IGVM_PARAMETER_AREA, IGVM_PARAMETER_AREA, IGVM_PARAMETER_AREA,
		IGVM_VP_COUNT, IGVM_ENVIRONMENT_INFO, IGVM_MEMORY_MAP, IGVM_MADT, IGVM_DEVICE_TREE,
		IGVM_PARAMETER_INSERT, IGVM_PARAMETER_INSERT, IGVM_PARAMETER_INSERT, IGVM_PAGE_DATA,
		IGVM_PAGE_DATA, IGVM_PAGE_DATA, IGVM_PAGE_DATA, IGVM_ERROR_RANGE, IGVM_VP_CONTEXT};
	static struct sample sample;
	struct igvm_header header;
	struct igvm_error error;
	struct igvm_file file;
	struct igvm_iter iter;
	struct bytes bytes;

	sample_init(&sample, version);
	bytes = sample_make(&sample);
	assert_true(igvm_open(bytes, &file, &error));
	assert_int_equal(file.version, version);
	iter = igvm_iter_start(&file, SAMPLE_SNP);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_true(igvm_next(&iter, &header));
		assert_int_equal(header.type, expected[i]);
	}
	assert_int_equal(header.u.vp_context.gpa, 0xfffffffff000);
	assert_int_equal(header.data.size, IGVM_PAGE_SIZE);
	assert_memory_equal(header.data.data, sample.data + 3 * IGVM_PAGE_SIZE, IGVM_PAGE_SIZE);
	assert_false(igvm_next(&iter, &header));
	unit_free(bytes);
}

static void reads_both_versions(void **context)
{
	(void)context;
	check_iteration(IGVM_VERSION_1);
	check_iteration(IGVM_VERSION_2);
}

static void finds_platforms(void **context)
{
	static struct sample sample;
	struct igvm_platform platform;
	struct igvm_error error;
	struct igvm_file file;
	struct bytes bytes;

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	bytes = sample_make(&sample);
	assert_true(igvm_open(bytes, &file, &error));
	assert_true(igvm_find_platform(&file, IGVM_PLATFORM_SEV_SNP, &platform));
	assert_int_equal(platform.compatibility_mask, SAMPLE_SNP);
	assert_int_equal(platform.highest_vtl, 2);
	assert_true(igvm_find_platform(&file, IGVM_PLATFORM_NATIVE, &platform));
	assert_false(igvm_find_platform(&file, IGVM_PLATFORM_TDX, &platform));
	unit_free(bytes);

	sample_init_empty(&sample, IGVM_VERSION_1);
	sample_add_platform(&sample, IGVM_PLATFORM_SEV_SNP, SAMPLE_SNP);
	bytes = sample_make(&sample);
	assert_true(igvm_open(bytes, &file, &error));
	assert_false(igvm_find_platform(&file, IGVM_PLATFORM_NATIVE, &platform));
	unit_free(bytes);
}

static void finds_areas(void **context)
{
	static struct sample sample;
	const struct igvm_area *area;
	struct igvm_error error;
	struct igvm_file file;
	struct bytes bytes;

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	bytes = sample_make(&sample);
	assert_true(igvm_open(bytes, &file, &error));
	assert_null(igvm_find_area(&file, 13));
	area = igvm_find_area(&file, 12);
	assert_non_null(area);
	assert_int_equal(area->size, 3 * IGVM_PAGE_SIZE);
	assert_memory_equal(area->initial.data, sample.data, 3 * IGVM_PAGE_SIZE);
	assert_int_equal(igvm_find_area(&file, 10)->initial.size, 0);
	unit_free(bytes);
}

static void selects_by_mask(void **context)
{
	static struct sample sample;
	struct igvm_header header;
	struct igvm_error error;
	struct igvm_file file;
	struct igvm_iter iter;
	struct bytes bytes;
	int inserts = 0;

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	bytes = sample_make(&sample);
	assert_true(igvm_open(bytes, &file, &error));
	iter = igvm_iter_start(&file, SAMPLE_NATIVE);
	while (igvm_next(&iter, &header)) {
		assert_int_not_equal(header.type, IGVM_PAGE_DATA);
		assert_int_not_equal(header.type, IGVM_VP_CONTEXT);
		inserts += header.type == IGVM_PARAMETER_INSERT;
	}
	assert_int_equal(inserts, 3);
	unit_free(bytes);
}

#define assert_fixed(field, value, expected)                                                       \
	do {                                                                                       \
		static struct sample spoilt;                                                       \
		sample_init(&spoilt, IGVM_VERSION_2);                                              \
		spoilt.fixed.field = (value);                                                      \
		assert_int_equal(open_sample(&spoilt), expected);                                  \
	} while (0)

static void refuses_bad_fixed_headers(void **context)
{
	(void)context;
	assert_fixed(v1.magic, IGVM_MAGIC + 1, IGVM_ERR_MAGIC);
	assert_fixed(v1.format_version, 0, IGVM_ERR_VERSION);
	assert_fixed(v1.format_version, 3, IGVM_ERR_VERSION);
	assert_fixed(architecture, 1, IGVM_ERR_ARCHITECTURE);
	assert_fixed(page_size, 0x10000, IGVM_ERR_PAGE_SIZE);
	assert_fixed(v1.total_file_size, 1, IGVM_ERR_FILE_SIZE);
	assert_fixed(v1.total_file_size, UINT32_MAX, IGVM_ERR_FILE_SIZE);
	assert_fixed(v1.variable_header_offset, 24, IGVM_ERR_HEADER_OFFSET);
	assert_fixed(v1.variable_header_offset, 33, IGVM_ERR_HEADER_OFFSET);
	assert_fixed(v1.variable_header_offset, 0xfffffff8, IGVM_ERR_HEADER_OFFSET);
	assert_fixed(v1.variable_header_size, UINT32_MAX, IGVM_ERR_HEADER_SIZE);
	assert_fixed(v1.checksum, 1, IGVM_ERR_CHECKSUM);
}

static void notices_every_changed_header_bit(void **context)
{
	static struct sample sample;
	struct igvm_error error;
	struct bytes bytes;
	size_t end;

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	bytes = sample_make(&sample);
	end = sizeof(struct igvm_fixed_header) + sample.headers_size;
	for (size_t i = 0; i < end * 8; i++) {
		unit_data(bytes)[i / 8] ^= 1u << i % 8;
		assert_int_not_equal(open_bytes(bytes, &error), IGVM_OK);
		unit_data(bytes)[i / 8] ^= 1u << i % 8;
	}
	assert_int_equal(open_bytes(bytes, &error), IGVM_OK);
	unit_free(bytes);
}

static void refuses_cut_files(void **context)
{
	static struct sample sample;
	struct igvm_error error;
	struct bytes bytes;

	(void)context;
	sample_init(&sample, IGVM_VERSION_2);
	bytes = sample_make(&sample);
	for (size_t size = 0; size < bytes.size; size += 7) {
		struct bytes cut = unit_copy(bytes.data, size);

		assert_int_not_equal(open_bytes(cut, &error), IGVM_OK);
		unit_free(cut);
	}
	unit_free(bytes);
}

// Opens a file with one spoilt header, whose value of `size` bytes stands at `at`: an error must
// name the header, or a place in its value.
static enum igvm_error_id open_spoilt(const struct sample *sample, size_t at, size_t size)
{
	struct bytes bytes = sample_make(sample);
	uint64_t value = sizeof(struct igvm_fixed_header) + at;
	struct igvm_error error;
	enum igvm_error_id id = open_bytes(bytes, &error);

	if (id != IGVM_OK && id != IGVM_ERR_AREA_UNKNOWN)
		assert_true(error.offset == value - sizeof(struct igvm_variable_header) ||
			    (error.offset >= value && error.offset < value + size));
	unit_free(bytes);
	return id;
}

// Spoils `field` of the header of a type; the checksum fits.
#define assert_spoilt(header_type, skip, type, field, new_value, expected)                         \
	do {                                                                                       \
		static struct sample spoilt;                                                       \
		type header;                                                                       \
		size_t at;                                                                         \
		sample_init(&spoilt, IGVM_VERSION_1);                                              \
		at = sample_find(&spoilt, header_type, skip);                                      \
		memcpy(&header, spoilt.headers + at, sizeof(header));                              \
		header.field = (__typeof__(header.field))(new_value);                              \
		memcpy(spoilt.headers + at, &header, sizeof(header));                              \
		assert_int_equal(open_spoilt(&spoilt, at, sizeof(header)), expected);              \
	} while (0)

static void refuses_bad_platforms(void **context)
{
	(void)context;
#define PLATFORM(field, value, expected)                                                           \
	assert_spoilt(IGVM_SUPPORTED_PLATFORM, 1, struct igvm_platform, field, value, expected)
	PLATFORM(compatibility_mask, 0, IGVM_ERR_PLATFORM_MASK);
	PLATFORM(compatibility_mask, 6, IGVM_ERR_PLATFORM_MASK);
	PLATFORM(compatibility_mask, SAMPLE_SNP, IGVM_ERR_PLATFORM_MASK);
	PLATFORM(platform_type, 7, IGVM_ERR_PLATFORM_TYPE);
	PLATFORM(platform_type, IGVM_PLATFORM_SEV_SNP, IGVM_ERR_PLATFORM_TWICE);
	PLATFORM(platform_version, 2, IGVM_ERR_PLATFORM_VERSION);
}

static void refuses_bad_pages(void **context)
{
	(void)context;
#define PAGE_FIELD(field, value, expected)                                                         \
	assert_spoilt(IGVM_PAGE_DATA, 0, struct igvm_page_data, field, value, expected)
	PAGE_FIELD(gpa, 0x100001, IGVM_ERR_GPA);
	PAGE_FIELD(gpa, BIT(52), IGVM_ERR_GPA);
	PAGE_FIELD(gpa, UINT64_MAX - 4095, IGVM_ERR_GPA);
	PAGE_FIELD(compatibility_mask, 0, IGVM_ERR_MASK);
	PAGE_FIELD(compatibility_mask, 0xff, IGVM_OK);	   // names platforms that are not there
	PAGE_FIELD(file_offset, 24, IGVM_ERR_FILE_OFFSET); // in the headers
	PAGE_FIELD(file_offset, UINT32_MAX, IGVM_ERR_FILE_OFFSET);
	PAGE_FIELD(flags, 8, IGVM_ERR_PAGE_FLAGS);
	PAGE_FIELD(flags, IGVM_PAGE_FLAG_2MB, IGVM_ERR_GPA);
	PAGE_FIELD(flags, IGVM_PAGE_FLAG_UNMEASURED | IGVM_PAGE_FLAG_SHARED, IGVM_OK);
	PAGE_FIELD(data_type, IGVM_PAGE_CPUID_XF, IGVM_OK);
	PAGE_FIELD(data_type, 4, IGVM_ERR_PAGE_TYPE);
	PAGE_FIELD(reserved, 1, IGVM_ERR_RESERVED);
}

static void refuses_bad_directives(void **context)
{
	(void)context;
	assert_spoilt(
		IGVM_GUEST_POLICY, 0, struct igvm_guest_policy, reserved, 1, IGVM_ERR_RESERVED);
	assert_spoilt(IGVM_VP_CONTEXT, 0, struct igvm_vp_context, gpa, 0x123, IGVM_ERR_GPA);
	assert_spoilt(
		IGVM_VP_CONTEXT, 0, struct igvm_vp_context, file_offset, 0, IGVM_ERR_FILE_OFFSET);
	assert_spoilt(IGVM_VP_CONTEXT, 0, struct igvm_vp_context, reserved, 1, IGVM_ERR_RESERVED);
	assert_spoilt(
		IGVM_VP_CONTEXT, 0, struct igvm_vp_context, compatibility_mask, 0, IGVM_ERR_MASK);
	assert_spoilt(
		IGVM_REQUIRED_MEMORY, 0, struct igvm_required_memory, gpa, 0x10, IGVM_ERR_GPA);
	assert_spoilt(IGVM_REQUIRED_MEMORY, 0, struct igvm_required_memory, number_of_bytes, 0x1001,
		IGVM_ERR_SIZE);
	assert_spoilt(IGVM_REQUIRED_MEMORY, 0, struct igvm_required_memory, gpa, BIT(52) - 0x1000,
		IGVM_ERR_SIZE);
	assert_spoilt(IGVM_ERROR_RANGE, 0, struct igvm_error_range, gpa, 1, IGVM_ERR_GPA);
	assert_spoilt(IGVM_ERROR_RANGE, 0, struct igvm_error_range, size_bytes, 5, IGVM_ERR_SIZE);
}

static void refuses_bad_parameters(void **context)
{
	(void)context;
#define AREA(skip, field, value, expected)                                                         \
	assert_spoilt(IGVM_PARAMETER_AREA, skip, struct igvm_parameter_area, field, value, expected)
#define PARAMETER(type, field, value, expected)                                                    \
	assert_spoilt(type, 0, struct igvm_parameter, field, value, expected)
#define INSERT(field, value, expected)                                                             \
	assert_spoilt(                                                                             \
		IGVM_PARAMETER_INSERT, 1, struct igvm_parameter_insert, field, value, expected)
	AREA(0, number_of_bytes, 0, IGVM_ERR_SIZE);
	AREA(0, number_of_bytes, 100, IGVM_ERR_SIZE);
	AREA(0, number_of_bytes, BIT(60), IGVM_ERR_SIZE);
	AREA(1, parameter_area_index, 10, IGVM_ERR_AREA_TWICE);
	AREA(1, parameter_area_index, 99, IGVM_ERR_AREA_UNKNOWN);
	AREA(2, number_of_bytes, 5 * IGVM_PAGE_SIZE, IGVM_ERR_FILE_OFFSET);
	PARAMETER(IGVM_VP_COUNT, parameter_area_index, 9, IGVM_ERR_AREA_UNKNOWN);
	PARAMETER(IGVM_VP_COUNT, byte_offset, 4093, IGVM_ERR_PARAMETER_OFFSET);
	PARAMETER(IGVM_ENVIRONMENT_INFO, byte_offset, UINT32_MAX, IGVM_ERR_PARAMETER_OFFSET);
	PARAMETER(IGVM_MADT, byte_offset, 8192, IGVM_ERR_PARAMETER_OFFSET);
	INSERT(gpa, 0x300, IGVM_ERR_GPA);
	INSERT(gpa, BIT(52) - 0x1000, IGVM_ERR_GPA); // two pages
	INSERT(parameter_area_index, 77, IGVM_ERR_AREA_UNKNOWN);
	INSERT(parameter_area_index, 10, IGVM_ERR_AREA_INSERTED);
}

// The offset and the value that an error names.
static void tells_where(void **context)
{
	static struct sample sample;
	struct igvm_error error;
	struct bytes bytes;
	size_t at;

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	at = sample_find(&sample, IGVM_VP_COUNT, 0);
	sample.headers[at] = 9;
	bytes = sample_make(&sample);
	assert_int_equal(open_bytes(bytes, &error), IGVM_ERR_AREA_UNKNOWN);
	assert_int_equal(error.offset, sizeof(struct igvm_fixed_header) + at);
	assert_int_equal(error.value, 9);
	unit_free(bytes);

	sample_init(&sample, IGVM_VERSION_2);
	at = sample_find(&sample, IGVM_PAGE_DATA, 2);
	sample.headers[at + offsetof(struct igvm_page_data, data_type)] = 7;
	bytes = sample_make(&sample);
	assert_int_equal(open_bytes(bytes, &error), IGVM_ERR_PAGE_TYPE);
	assert_int_equal(error.offset, sizeof(struct igvm_fixed_header_v2) + at + 20);
	assert_int_equal(error.value, 7);
	unit_free(bytes);

	sample_init(&sample, IGVM_VERSION_1);
	at = sample_find(&sample, IGVM_GUEST_POLICY, 0);
	sample.headers[at + 8] = 0; // its mask
	bytes = sample_make(&sample);
	assert_int_equal(open_bytes(bytes, &error), IGVM_ERR_MASK);
	assert_int_equal(error.offset, sizeof(struct igvm_fixed_header) + at + 8);
	unit_free(bytes);

	sample_init(&sample, IGVM_VERSION_1);
	at = sample_find(&sample, IGVM_GUEST_POLICY, 0);
	sample.headers[at - 4] = 15; // its length
	bytes = sample_make(&sample);
	assert_int_equal(open_bytes(bytes, &error), IGVM_ERR_HEADER_LENGTH);
	assert_int_equal(error.offset, sizeof(struct igvm_fixed_header) + at - 4);
	assert_int_equal(error.value, 15);
	unit_free(bytes);
}

static void refuses_parameters_after_insertion(void **context)
{
	static struct sample sample;

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	SAMPLE_ADD(&sample, IGVM_SRAT, (struct igvm_parameter){11, 0});
	assert_int_equal(open_sample(&sample), IGVM_ERR_AREA_INSERTED);
}

static void refuses_bad_order(void **context)
{
	static struct sample sample;

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	sample_add_platform(&sample, IGVM_PLATFORM_TDX, 4);
	assert_int_equal(open_sample(&sample), IGVM_ERR_HEADER_ORDER);

	sample_init(&sample, IGVM_VERSION_1);
	SAMPLE_ADD(&sample, IGVM_GUEST_POLICY,
		(struct igvm_guest_policy){.compatibility_mask = SAMPLE_NATIVE});
	assert_int_equal(open_sample(&sample), IGVM_ERR_HEADER_ORDER);

	sample_init_empty(&sample, IGVM_VERSION_1);
	assert_int_equal(open_sample(&sample), IGVM_ERR_NO_PLATFORM);
}

static void refuses_second_ones(void **context)
{
	static struct sample sample;

	(void)context;
	sample_init_empty(&sample, IGVM_VERSION_1);
	sample_add_platform(&sample, IGVM_PLATFORM_SEV_SNP, SAMPLE_SNP);
	for (int i = 0; i < 2; i++)
		SAMPLE_ADD(&sample, IGVM_GUEST_POLICY,
			(struct igvm_guest_policy){.compatibility_mask = SAMPLE_SNP});
	assert_int_equal(open_sample(&sample), IGVM_ERR_POLICY_TWICE);

	sample_init(&sample, IGVM_VERSION_1);
	SAMPLE_ADD(&sample, IGVM_VP_CONTEXT,
		(struct igvm_vp_context){.gpa = 0x5000,
			.compatibility_mask = SAMPLE_SNP,
			.file_offset = 1,
			.vp_index = 1});
	assert_int_equal(open_sample(&sample), IGVM_OK);
	SAMPLE_ADD(&sample, IGVM_VP_CONTEXT,
		(struct igvm_vp_context){
			.gpa = 0x6000, .compatibility_mask = SAMPLE_SNP, .file_offset = 1});
	assert_int_equal(open_sample(&sample), IGVM_ERR_VP_INDEX);
}

static void refuses_too_many_areas(void **context)
{
	static struct sample sample;

	(void)context;
	sample_init_empty(&sample, IGVM_VERSION_1);
	sample_add_platform(&sample, IGVM_PLATFORM_SEV_SNP, SAMPLE_SNP);
	for (uint32_t i = 0; i < IGVM_AREAS_MAX; i++)
		SAMPLE_ADD(&sample, IGVM_PARAMETER_AREA,
			(struct igvm_parameter_area){
				.number_of_bytes = 4096, .parameter_area_index = i});
	assert_int_equal(open_sample(&sample), IGVM_OK);
	SAMPLE_ADD(&sample, IGVM_PARAMETER_AREA,
		(struct igvm_parameter_area){
			.number_of_bytes = 4096, .parameter_area_index = 1000});
	assert_int_equal(open_sample(&sample), IGVM_ERR_AREA_COUNT);
}

static void accepts_every_platform(void **context)
{
	static const uint8_t types[] = {IGVM_PLATFORM_NATIVE, IGVM_PLATFORM_VSM,
		IGVM_PLATFORM_SEV_SNP, IGVM_PLATFORM_TDX, IGVM_PLATFORM_SEV, IGVM_PLATFORM_SEV_ES,
		IGVM_PLATFORM_CCA};
	static struct sample sample;

	(void)context;
	sample_init_empty(&sample, IGVM_VERSION_1);
	for (uint32_t i = 0; i < ARRAY_SIZE(types); i++)
		sample_add_platform(&sample, types[i], 0x80000000u >> i);
	assert_int_equal(open_sample(&sample), IGVM_OK);
}

static void handles_unknown_types(void **context)
{
	static struct sample sample;
	uint8_t value[13] = {1, 2, 3};

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	sample_add(&sample, 0x3f0 | IGVM_OPTIONAL, value, sizeof(value));
	sample_add(&sample, 0x50 | IGVM_OPTIONAL, value, 0);
	assert_int_equal(open_sample(&sample), IGVM_OK);
	sample_add(&sample, 0x3f0, value, sizeof(value));
	assert_int_equal(open_sample(&sample), IGVM_ERR_HEADER_TYPE);

	sample_init(&sample, IGVM_VERSION_1);
	sample_add(&sample, 0, value, 8);
	assert_int_equal(open_sample(&sample), IGVM_ERR_HEADER_TYPE);

	// A known type is read although its bit says that it need not be.
	sample_init(&sample, IGVM_VERSION_1);
	SAMPLE_ADD(&sample, IGVM_VP_COUNT | IGVM_OPTIONAL, (struct igvm_parameter){99, 0});
	assert_int_equal(open_sample(&sample), IGVM_ERR_AREA_UNKNOWN);
}

static void refuses_bad_frames(void **context)
{
	static const uint32_t lengths[] = {
		0, 1, 7, 15, 17, 24, 32, 0x1000, 0x7fffffff, 0xfffffff8, UINT32_MAX};
	static struct sample sample;
	size_t at;

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		sample_init(&sample, IGVM_VERSION_1);
		at = sample_find(&sample, IGVM_GUEST_POLICY, 0);
		memcpy(sample.headers + at - 4, &lengths[i], sizeof(lengths[i]));
		assert_int_not_equal(open_sample(&sample), IGVM_OK);
	}
	// Padding after the last header, whose value has 20 bytes.
	sample_init(&sample, IGVM_VERSION_1);
	sample.headers[sample.headers_size - 1] = 1;
	assert_int_equal(open_sample(&sample), IGVM_ERR_PADDING);
	// Four bytes where a header would have to stand.
	sample_init(&sample, IGVM_VERSION_1);
	sample.headers_size += 4;
	assert_int_equal(open_sample(&sample), IGVM_ERR_HEADER_CUT);
}

// The longest value that is decoded.
static void reads_an_id_block(void **context)
{
	struct igvm_snp_id_block block = {.compatibility_mask = SAMPLE_SNP, .guest_svn = 7};
	static struct sample sample;
	struct igvm_header header;
	struct igvm_error error;
	struct igvm_file file;
	struct igvm_iter iter;
	struct bytes bytes;

	(void)context;
	unit_random_fill(block.ld, sizeof(block.ld));
	sample_init_empty(&sample, IGVM_VERSION_1);
	sample_add_platform(&sample, IGVM_PLATFORM_SEV_SNP, SAMPLE_SNP);
	sample_add(&sample, IGVM_SNP_ID_BLOCK, &block, sizeof(block));
	bytes = sample_make(&sample);
	assert_true(igvm_open(bytes, &file, &error));
	iter = igvm_iter_start(&file, SAMPLE_SNP);
	assert_true(igvm_next(&iter, &header));
	assert_true(igvm_next(&iter, &header));
	assert_int_equal(header.type, IGVM_SNP_ID_BLOCK);
	assert_memory_equal(&header.u.id_block, &block, sizeof(block));
	unit_free(bytes);
}

// VSM's context is a list of registers, which this reader leaves alone; other platforms' are pages.
static size_t context_size(const struct sample *sample, uint32_t mask)
{
	struct bytes bytes = sample_make(sample);
	struct igvm_header header = {0};
	struct igvm_error error;
	struct igvm_file file;
	struct igvm_iter iter;

	assert_true(igvm_open(bytes, &file, &error));
	iter = igvm_iter_start(&file, mask);
	while (igvm_next(&iter, &header) && header.type != IGVM_VP_CONTEXT)
		;
	assert_int_equal(header.type, IGVM_VP_CONTEXT);
	unit_free(bytes);
	return header.data.size;
}

static void leaves_other_contexts_alone(void **context)
{
	static struct sample sample;

	(void)context;
	sample_init_empty(&sample, IGVM_VERSION_1);
	sample_add_platform(&sample, IGVM_PLATFORM_VSM, 0x10);
	for (int i = 0; i < 2; i++)
		SAMPLE_ADD(&sample, IGVM_VP_CONTEXT,
			(struct igvm_vp_context){.compatibility_mask = 0x10, .file_offset = 4});
	assert_int_equal(open_sample(&sample), IGVM_OK);

	sample_init_empty(&sample, IGVM_VERSION_1);
	sample_add_platform(&sample, IGVM_PLATFORM_VSM, 0x10);
	sample_add_platform(&sample, IGVM_PLATFORM_SEV_SNP, SAMPLE_SNP);
	SAMPLE_ADD(&sample, IGVM_VP_CONTEXT,
		(struct igvm_vp_context){.compatibility_mask = 0x10, .file_offset = 4});
	SAMPLE_ADD(&sample, IGVM_VP_CONTEXT,
		(struct igvm_vp_context){.compatibility_mask = SAMPLE_SNP, .file_offset = 4});
	assert_int_equal(context_size(&sample, 0x10), 0);
	assert_int_equal(context_size(&sample, SAMPLE_SNP), IGVM_PAGE_SIZE);
}

static enum igvm_error_id overlap(const struct sample *sample, uint32_t mask, size_t capacity)
{
	struct bytes bytes = sample_make(sample);
	uint64_t ends[64];
	struct igvm_error error = {.id = IGVM_OK};
	struct igvm_file file;
	struct rle pages;
	bool ok;

	assert_true(capacity <= ARRAY_SIZE(ends));
	assert_true(igvm_open(bytes, &file, &error));
	assert_true(rle_init(&pages, ends, capacity, BIT(52)));
	ok = igvm_check_overlap(&file, mask, &pages, &error);
	assert_int_equal(ok, error.id == IGVM_OK);
	unit_free(bytes);
	return error.id;
}

static void finds_overlaps(void **context)
{
	static struct sample sample;

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	assert_int_equal(overlap(&sample, SAMPLE_SNP, 64), IGVM_OK);
	assert_int_equal(overlap(&sample, SAMPLE_SNP, 4), IGVM_ERR_TOO_FRAGMENTED);
	// In the third page of a parameter area; not on the other platform.
	sample_add_page(&sample, 0x222000, IGVM_PAGE_NORMAL, 1);
	assert_int_equal(overlap(&sample, SAMPLE_SNP, 64), IGVM_ERR_GPA_TWICE);
	assert_int_equal(overlap(&sample, SAMPLE_NATIVE, 64), IGVM_OK);

	sample_init(&sample, IGVM_VERSION_1);
	sample_add_page(&sample, 0xfffffffff000, IGVM_PAGE_NORMAL, 0);
	assert_int_equal(overlap(&sample, SAMPLE_SNP, 64), IGVM_ERR_GPA_TWICE);

	sample_init(&sample, IGVM_VERSION_1);
	SAMPLE_ADD(&sample, IGVM_PAGE_DATA,
		(struct igvm_page_data){
			.gpa = 0, .compatibility_mask = SAMPLE_SNP, .flags = IGVM_PAGE_FLAG_2MB});
	assert_int_equal(overlap(&sample, SAMPLE_SNP, 64), IGVM_ERR_GPA_TWICE);
}

static void survives_noise(void **context)
{
	static struct sample sample;
	int accepted = 0;

	(void)context;
	for (int i = 0; i < 100000; i++) {
		sample_init(&sample, i % 2 != 0 ? IGVM_VERSION_1 : IGVM_VERSION_2);
		for (uint64_t n = unit_random(3) + 1; n > 0; n--)
			sample.headers[unit_random(sample.headers_size)] =
				(uint8_t)unit_random(256);
		accepted += open_sample(&sample) == IGVM_OK;
	}
	assert_true(accepted > 0 && accepted < 100000);
}

static void names_everything(void **context)
{
	(void)context;
	for (int id = 0; id < IGVM_ERR_COUNT; id++)
		assert_non_null(igvm_error_text((enum igvm_error_id)id));
	assert_string_equal(igvm_error_text(IGVM_ERR_COUNT), "unknown error");
	assert_string_equal(igvm_error_text((enum igvm_error_id)1000), "unknown error");
	assert_string_equal(igvm_type_name(IGVM_PAGE_DATA), "PAGE_DATA");
	assert_string_equal(igvm_type_name(IGVM_PAGE_DATA | IGVM_OPTIONAL), "PAGE_DATA");
	assert_string_equal(igvm_type_name(0x306), "unknown");
	assert_string_equal(igvm_platform_name(IGVM_PLATFORM_SEV_SNP), "SEV-SNP");
	assert_string_equal(igvm_platform_name(200), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_versions),
		cmocka_unit_test(finds_platforms),
		cmocka_unit_test(finds_areas),
		cmocka_unit_test(selects_by_mask),
		cmocka_unit_test(refuses_bad_fixed_headers),
		cmocka_unit_test(notices_every_changed_header_bit),
		cmocka_unit_test(refuses_cut_files),
		cmocka_unit_test(refuses_bad_platforms),
		cmocka_unit_test(refuses_bad_pages),
		cmocka_unit_test(refuses_bad_directives),
		cmocka_unit_test(refuses_bad_parameters),
		cmocka_unit_test(tells_where),
		cmocka_unit_test(refuses_parameters_after_insertion),
		cmocka_unit_test(refuses_bad_order),
		cmocka_unit_test(refuses_second_ones),
		cmocka_unit_test(refuses_too_many_areas),
		cmocka_unit_test(accepts_every_platform),
		cmocka_unit_test(handles_unknown_types),
		cmocka_unit_test(refuses_bad_frames),
		cmocka_unit_test(reads_an_id_block),
		cmocka_unit_test(leaves_other_contexts_alone),
		cmocka_unit_test(finds_overlaps),
		cmocka_unit_test(survives_noise),
		cmocka_unit_test(names_everything),
	};

	return cmocka_run_group_tests_name("igvm", tests, NULL, NULL);
}
