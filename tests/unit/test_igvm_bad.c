// SPDX-License-Identifier: MIT
// The IGVM reader on files with one thing spoilt, and on noise with a checksum that fits.
#include <string.h>

#include "lib/igvm.h"
#include "tests/unit/igvm_sample.h"

#define assert_fixed(field, value, expected)                                                       \
	do {                                                                                       \
		static struct sample spoilt;                                                       \
		sample_init(&spoilt, IGVM_VERSION_2);                                              \
		spoilt.fixed.field = (value);                                                      \
		assert_int_equal(sample_open(&spoilt), expected);                                  \
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
		assert_int_not_equal(sample_open_bytes(bytes, &error), IGVM_OK);
		unit_data(bytes)[i / 8] ^= 1u << i % 8;
	}
	assert_int_equal(sample_open_bytes(bytes, &error), IGVM_OK);
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

		assert_int_not_equal(sample_open_bytes(cut, &error), IGVM_OK);
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
	enum igvm_error_id id = sample_open_bytes(bytes, &error);

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
	AREA(0, number_of_bytes, IGVM_AREA_SIZE_MAX + IGVM_PAGE_SIZE, IGVM_ERR_SIZE);
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
	assert_int_equal(sample_open_bytes(bytes, &error), IGVM_ERR_AREA_UNKNOWN);
	assert_int_equal(error.offset, sizeof(struct igvm_fixed_header) + at);
	assert_int_equal(error.value, 9);
	unit_free(bytes);

	sample_init(&sample, IGVM_VERSION_2);
	at = sample_find(&sample, IGVM_PAGE_DATA, 2);
	sample.headers[at + offsetof(struct igvm_page_data, data_type)] = 7;
	bytes = sample_make(&sample);
	assert_int_equal(sample_open_bytes(bytes, &error), IGVM_ERR_PAGE_TYPE);
	assert_int_equal(error.offset, sizeof(struct igvm_fixed_header_v2) + at + 20);
	assert_int_equal(error.value, 7);
	unit_free(bytes);

	sample_init(&sample, IGVM_VERSION_1);
	at = sample_find(&sample, IGVM_GUEST_POLICY, 0);
	sample.headers[at + 8] = 0; // its mask
	bytes = sample_make(&sample);
	assert_int_equal(sample_open_bytes(bytes, &error), IGVM_ERR_MASK);
	assert_int_equal(error.offset, sizeof(struct igvm_fixed_header) + at + 8);
	unit_free(bytes);

	sample_init(&sample, IGVM_VERSION_1);
	at = sample_find(&sample, IGVM_GUEST_POLICY, 0);
	sample.headers[at - 4] = 15; // its length
	bytes = sample_make(&sample);
	assert_int_equal(sample_open_bytes(bytes, &error), IGVM_ERR_HEADER_LENGTH);
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
	assert_int_equal(sample_open(&sample), IGVM_ERR_AREA_INSERTED);
}

static void refuses_bad_order(void **context)
{
	static struct sample sample;

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	sample_add_platform(&sample, IGVM_PLATFORM_TDX, 4);
	assert_int_equal(sample_open(&sample), IGVM_ERR_HEADER_ORDER);

	sample_init(&sample, IGVM_VERSION_1);
	SAMPLE_ADD(&sample, IGVM_GUEST_POLICY,
		(struct igvm_guest_policy){.compatibility_mask = SAMPLE_NATIVE});
	assert_int_equal(sample_open(&sample), IGVM_ERR_HEADER_ORDER);

	sample_init_empty(&sample, IGVM_VERSION_1);
	assert_int_equal(sample_open(&sample), IGVM_ERR_NO_PLATFORM);
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
	assert_int_equal(sample_open(&sample), IGVM_ERR_POLICY_TWICE);

	sample_init(&sample, IGVM_VERSION_1);
	SAMPLE_ADD(&sample, IGVM_VP_CONTEXT,
		(struct igvm_vp_context){.gpa = 0x5000,
			.compatibility_mask = SAMPLE_SNP,
			.file_offset = 1,
			.vp_index = 1});
	assert_int_equal(sample_open(&sample), IGVM_OK);
	SAMPLE_ADD(&sample, IGVM_VP_CONTEXT,
		(struct igvm_vp_context){
			.gpa = 0x6000, .compatibility_mask = SAMPLE_SNP, .file_offset = 1});
	assert_int_equal(sample_open(&sample), IGVM_ERR_VP_INDEX);
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
	assert_int_equal(sample_open(&sample), IGVM_OK);
	SAMPLE_ADD(&sample, IGVM_PARAMETER_AREA,
		(struct igvm_parameter_area){
			.number_of_bytes = 4096, .parameter_area_index = 1000});
	assert_int_equal(sample_open(&sample), IGVM_ERR_AREA_COUNT);
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
		assert_int_not_equal(sample_open(&sample), IGVM_OK);
	}
	// Padding after the last header, whose value has 20 bytes.
	sample_init(&sample, IGVM_VERSION_1);
	sample.headers[sample.headers_size - 1] = 1;
	assert_int_equal(sample_open(&sample), IGVM_ERR_PADDING);
	// Four bytes where a header would have to stand.
	sample_init(&sample, IGVM_VERSION_1);
	sample.headers_size += 4;
	assert_int_equal(sample_open(&sample), IGVM_ERR_HEADER_CUT);
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
		accepted += sample_open(&sample) == IGVM_OK;
	}
	assert_true(accepted > 0 && accepted < 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
		cmocka_unit_test(refuses_bad_frames),
		cmocka_unit_test(survives_noise),
	};

	return cmocka_run_group_tests_name("igvm_bad", tests, NULL, NULL);
}
