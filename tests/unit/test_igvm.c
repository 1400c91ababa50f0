// SPDX-License-Identifier: MIT
// The IGVM reader on good files.
#include <string.h>

#include "lib/igvm.h"
#include "tests/unit/igvm_sample.h"

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
	assert_int_equal(sample_open(&sample), IGVM_OK);
}

static void handles_unknown_types(void **context)
{
	static struct sample sample;
	uint8_t value[13] = {1, 2, 3};

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	sample_add(&sample, 0x3f0 | IGVM_OPTIONAL, value, sizeof(value));
	sample_add(&sample, 0x50 | IGVM_OPTIONAL, value, 0);
	assert_int_equal(sample_open(&sample), IGVM_OK);
	sample_add(&sample, 0x3f0, value, sizeof(value));
	assert_int_equal(sample_open(&sample), IGVM_ERR_HEADER_TYPE);

	sample_init(&sample, IGVM_VERSION_1);
	sample_add(&sample, 0, value, 8);
	assert_int_equal(sample_open(&sample), IGVM_ERR_HEADER_TYPE);

	// A known type is read although its bit says that it need not be.
	sample_init(&sample, IGVM_VERSION_1);
	SAMPLE_ADD(&sample, IGVM_VP_COUNT | IGVM_OPTIONAL, (struct igvm_parameter){99, 0});
	assert_int_equal(sample_open(&sample), IGVM_ERR_AREA_UNKNOWN);
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
	assert_int_equal(sample_open(&sample), IGVM_OK);

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
		cmocka_unit_test(accepts_every_platform),
		cmocka_unit_test(handles_unknown_types),
		cmocka_unit_test(reads_an_id_block),
		cmocka_unit_test(leaves_other_contexts_alone),
		cmocka_unit_test(finds_overlaps),
		cmocka_unit_test(names_everything),
	};

	return cmocka_run_group_tests_name("igvm", tests, NULL, NULL);
}
