// SPDX-License-Identifier: MIT
// The reader of OVMF's tables on an image like OVMF's, on contradictory ones, and on noise.
#include <string.h>

#include "lib/ovmf.h"
#include "tests/unit/firmware.h"

static enum ovmf_error_id parse(struct bytes image, struct ovmf_info *info)
{
	struct ovmf_error error;
	bool ok = ovmf_parse(image, info, &error);

	assert_int_equal(ok, error.id == OVMF_OK);
	assert_true(error.offset <= image.size);
	assert_non_null(ovmf_error_text(error.id));
	return error.id;
}

// Sorted, whole pages, with a gap between each two.
static void assert_merged(const struct ovmf_info *info)
{
	uint64_t end = 0;

	assert_true(info->prevalidate_count <= OVMF_RANGES_MAX);
	for (size_t i = 0; i < info->prevalidate_count; i++) {
		const struct ovmf_range *range = &info->prevalidate[i];

		assert_true(range->size > 0);
		assert_int_equal((range->gpa | range->size) % 4096, 0);
		assert_true(i == 0 || range->gpa > end);
		end = range->gpa + range->size;
	}
	assert_true(end <= GIB(4));
}

static enum ovmf_error_id parse_firmware(const struct firmware *firmware, struct ovmf_info *info)
{
	struct bytes image = firmware_make(firmware);
	enum ovmf_error_id id = parse(image, info);

	assert_merged(info);
	unit_free(image);
	return id;
}

#define assert_range(range, start, length)                                                         \
	do {                                                                                       \
		assert_int_equal((range).gpa, start);                                              \
		assert_int_equal((range).size, length);                                            \
	} while (0)

static void reads_an_image(void **context)
{
	struct firmware firmware;
	struct ovmf_info info;

	(void)context;
	firmware_init(&firmware);
	assert_int_equal(parse_firmware(&firmware, &info), OVMF_OK);
	assert_range(info.image, GIB(4) - FIRMWARE_SIZE, FIRMWARE_SIZE);
	assert_int_equal(info.reset_vector_gpa, 0xfffffff0);
	assert_range(info.secrets, 0x80d000, 0x1000);
	assert_range(info.cpuid, 0x80e000, 0x1000);
	assert_range(info.caa, 0x80f000, 0x1000);
	assert_range(info.kernel_hashes, 0x810000, 0x1000);
	assert_range(info.parameter_area, 0x812000, 0x1000);
	assert_range(info.memory_map, 0x812000, 192);
	assert_range(info.vp_count, 0x8120c0, 16);
	assert_range(info.hob_area, 0x813000, 0x1000);
	assert_int_equal(info.sev_es_reset.ip, 0x1234);
	assert_int_equal(info.sev_es_reset.cs_base_high, 0x80);
	assert_int_equal(info.prevalidate_count, 2);
	assert_range(info.prevalidate[0], 0x800000, 0x9000);
	assert_range(info.prevalidate[1], 0x80a000, 0x26000);
}

static void reads_an_image_without_igvm_parameters(void **context)
{
	struct firmware firmware;
	struct ovmf_info info;

	(void)context;
	firmware_init(&firmware);
	firmware.igvm.section_count = 0;
	firmware.igvm.length = sizeof(firmware.igvm);
	assert_int_equal(parse_firmware(&firmware, &info), OVMF_OK);
	assert_int_equal(info.memory_map.size, 0);
	assert_int_equal(info.vp_count.size, 0);
}

#define assert_spoilt(statement, expected)                                                         \
	do {                                                                                       \
		struct firmware firmware;                                                          \
		struct ovmf_info info;                                                             \
		firmware_init(&firmware);                                                          \
		statement;                                                                         \
		assert_int_equal(parse_firmware(&firmware, &info), expected);                      \
	} while (0)

static void refuses_bad_tables(void **context)
{
	(void)context;
	assert_spoilt(firmware.table_guid[15] ^= 1, OVMF_ERR_NO_TABLE);
	assert_spoilt(firmware.table_length = 17, OVMF_ERR_TABLE_LENGTH);
	assert_spoilt(firmware.table_length = FIRMWARE_SIZE - 31, OVMF_ERR_TABLE_LENGTH);
	// As large as can be: zeros in front of the entries are none.
	assert_spoilt(firmware.table_length = FIRMWARE_SIZE - 32, OVMF_ERR_ENTRY_LENGTH);
	assert_spoilt(firmware.empty_entry = true, OVMF_OK);
	assert_spoilt(firmware.table_length = 18, OVMF_ERR_NO_SEV_METADATA);
	// Cuts an entry in two.
	assert_spoilt(firmware.table_length = 18 + 20, OVMF_ERR_ENTRY_LENGTH);
	assert_spoilt(firmware.sev_entry_length = 17, OVMF_ERR_ENTRY_LENGTH);
	assert_spoilt(firmware.sev_entry_length = 0, OVMF_ERR_ENTRY_LENGTH);
	assert_spoilt(firmware.sev_entry_length = 0xffff, OVMF_ERR_ENTRY_LENGTH);
	assert_spoilt(firmware.sev_entry_length = 23, OVMF_ERR_ENTRY_LENGTH);
	assert_spoilt(firmware.sev_twice = true, OVMF_ERR_ENTRY_TWICE);
	assert_spoilt(firmware.no_sev = true, OVMF_ERR_NO_SEV_METADATA);
}

static void refuses_bad_metadata(void **context)
{
	(void)context;
	assert_spoilt(firmware.sev_from_end = FIRMWARE_SIZE + 1, OVMF_ERR_METADATA_OFFSET);
	assert_spoilt(firmware.sev_from_end = UINT32_MAX, OVMF_ERR_METADATA_OFFSET);
	assert_spoilt(firmware.sev_from_end = 15, OVMF_ERR_METADATA_OFFSET);
	assert_spoilt(firmware.igvm_from_end = 16, OVMF_ERR_METADATA_SIGNATURE);
	assert_spoilt(firmware.sev.signature ^= 1, OVMF_ERR_METADATA_SIGNATURE);
	assert_spoilt(firmware.igvm.signature ^= 1, OVMF_ERR_METADATA_SIGNATURE);
	assert_spoilt(firmware.sev.version = 2, OVMF_ERR_METADATA_VERSION);
	assert_spoilt(firmware.sev.length -= 1, OVMF_ERR_METADATA_LENGTH);
	assert_spoilt(firmware.sev.length = 0, OVMF_ERR_METADATA_LENGTH);
	assert_spoilt(firmware.sev.length = UINT32_MAX, OVMF_ERR_METADATA_LENGTH);
	assert_spoilt(firmware.sev.section_count += 1, OVMF_ERR_METADATA_LENGTH);
	assert_spoilt(firmware.sev.section_count = UINT32_MAX, OVMF_ERR_METADATA_LENGTH);
	// 12 * count wraps to a small number in 32 bits.
	assert_spoilt(firmware.sev.section_count = 0x15555556, OVMF_ERR_METADATA_LENGTH);
}

static void refuses_bad_sections(void **context)
{
	(void)context;
	assert_spoilt(firmware.sev_sections[0].size = 0, OVMF_ERR_SECTION_RANGE);
	assert_spoilt(firmware.sev_sections[0].base = UINT32_MAX, OVMF_ERR_SECTION_RANGE);
	assert_spoilt(firmware.sev_sections[0].size = UINT32_MAX, OVMF_ERR_SECTION_RANGE);
	assert_spoilt(
		firmware.sev_sections[0].base = UINT32_MAX - 0x8fff, OVMF_ERR_SECTION_OVERLAP);
	assert_spoilt(firmware.sev_sections[2].size = 0x2000, OVMF_ERR_SECTION_SIZE);
	assert_spoilt(firmware.sev_sections[3].base += 8, OVMF_ERR_SECTION_SIZE);
	assert_spoilt(firmware.sev_sections[4].size = 0x800, OVMF_ERR_SECTION_SIZE);
	assert_spoilt(firmware.sev_sections[3].type = OVMF_SEV_SECRETS, OVMF_ERR_SECTION_TWICE);
	assert_spoilt(firmware.sev_sections[3].base = 0x80d000, OVMF_ERR_SECTION_OVERLAP);
	assert_spoilt(firmware.sev_sections[6].base = 0x80f000, OVMF_ERR_SECTION_OVERLAP);
	assert_spoilt(firmware.sev_sections[2].type = 99, OVMF_ERR_NO_SECRETS);
	assert_spoilt(firmware.sev_sections[3].type = 99, OVMF_ERR_NO_CPUID);
	assert_spoilt(firmware.sev_sections[4].type = 99, OVMF_ERR_NO_CAA);
	assert_spoilt(firmware.igvm_sections[0].base = 0x80e000, OVMF_ERR_SECTION_OVERLAP);
	assert_spoilt(firmware.igvm_sections[0].type = 99, OVMF_ERR_SECTION_ORDER);
	assert_spoilt(firmware.igvm_sections[1].base = 4096 - 191, OVMF_ERR_SECTION_RANGE);
	assert_spoilt(firmware.igvm_sections[1].base = UINT32_MAX, OVMF_ERR_SECTION_RANGE);
	assert_spoilt(firmware.igvm_sections[1].size = UINT32_MAX, OVMF_ERR_SECTION_RANGE);
	assert_spoilt(firmware.igvm_sections[2].size = 3, OVMF_ERR_SECTION_SIZE);
	assert_spoilt(firmware.igvm_sections[2].size = 4, OVMF_OK);
	assert_spoilt(firmware.igvm_sections[2].base = 191, OVMF_ERR_SECTION_OVERLAP);
	assert_spoilt(
		firmware.igvm_sections[2].type = OVMF_IGVM_MEMORY_MAP, OVMF_ERR_SECTION_TWICE);
	assert_spoilt(firmware.igvm_sections[3].base = 0x812000, OVMF_ERR_SECTION_OVERLAP);
}

static void merges_ranges(void **context)
{
	struct firmware firmware;
	struct ovmf_info info;

	(void)context;
	for (int round = 0; round < 3000; round++) {
		uint8_t plain[64] = {0};

		firmware_init(&firmware);
		firmware.sev.section_count = 0;
		firmware_add_sev(&firmware, OVMF_SEV_SECRETS, 61 * 4096, 4096);
		firmware_add_sev(&firmware, OVMF_SEV_CPUID, 62 * 4096, 4096);
		firmware_add_sev(&firmware, OVMF_SEV_CAA, 63 * 4096, 4096);
		memset(plain + 61, 1, 3);
		for (int i = 0; i < 14; i++) {
			uint32_t page = (uint32_t)unit_random(56);
			uint32_t size = (uint32_t)unit_random(4 * 4096) + 1;
			uint32_t base = page * 4096 + (uint32_t)unit_random(4096);

			firmware_add_sev(&firmware, OVMF_SEV_MEMORY, base, size);
			memset(plain + base / 4096, 1, (base + size - 1) / 4096 - base / 4096 + 1);
		}
		firmware.igvm.section_count = 0;
		assert_int_equal(parse_firmware(&firmware, &info), OVMF_OK);
		for (size_t i = 0; i < info.prevalidate_count; i++)
			for (uint64_t j = 0; j < info.prevalidate[i].size / 4096; j++)
				plain[info.prevalidate[i].gpa / 4096 + j] ^= 1;
		assert_true(bytes_is_zero(bytes_make(plain, sizeof(plain))));
	}
}

static void refuses_too_many_ranges(void **context)
{
	struct firmware firmware;
	struct ovmf_info info;

	(void)context;
	firmware_init(&firmware);
	firmware.sev.section_count = 5;
	firmware.igvm.section_count = 0;
	for (uint32_t i = 0; firmware.sev.section_count < 5 + OVMF_RANGES_MAX - 2; i++)
		firmware_add_sev(&firmware, OVMF_SEV_MEMORY, 0x1000000 - i * 0x2000, 0x1000);
	assert_int_equal(parse_firmware(&firmware, &info), OVMF_OK);
	assert_int_equal(info.prevalidate_count, OVMF_RANGES_MAX);
	firmware_add_sev(&firmware, OVMF_SEV_MEMORY, 0x2000000, 0x1000);
	assert_int_equal(parse_firmware(&firmware, &info), OVMF_ERR_TOO_MANY_RANGES);
}

static void refuses_bad_sizes(void **context)
{
	static const size_t sizes[] = {0, 1, 18, 49, 50, 4095, 4097, FIRMWARE_SIZE - 1};
	struct firmware firmware;
	struct ovmf_info info;
	struct bytes image;

	(void)context;
	firmware_init(&firmware);
	image = firmware_make(&firmware);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct bytes cut = unit_copy(image.data, sizes[i]);

		assert_int_equal(parse(cut, &info), OVMF_ERR_SIZE);
		unit_free(cut);
	}
	unit_free(image);
	image = unit_copy((uint8_t[4096]){0}, 4096);
	assert_int_equal(parse(image, &info), OVMF_ERR_NO_TABLE);
	unit_free(image);
	assert_string_equal(ovmf_error_text(OVMF_ERR_COUNT), "unknown error");
}

static void survives_noise(void **context)
{
	struct firmware firmware;
	struct ovmf_info info;

	(void)context;
	firmware_init(&firmware);
	for (int i = 0; i < 100000; i++) {
		struct bytes image = firmware_make(&firmware);

		for (uint64_t n = unit_random(4) + 1; n > 0; n--) {
			// Metadata, or the table at the end.
			size_t at = unit_random(2) != 0 ? FIRMWARE_SIZE - 180 + unit_random(148)
							: 0x1000 + unit_random(2) * 0x800 +
								  unit_random(16 + 12 * 7);

			unit_data(image)[at] = (uint8_t)unit_random(256);
		}
		ignore_result(parse(image, &info) == OVMF_OK);
		assert_merged(&info);
		unit_free(image);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_an_image),
		cmocka_unit_test(reads_an_image_without_igvm_parameters),
		cmocka_unit_test(refuses_bad_tables),
		cmocka_unit_test(refuses_bad_metadata),
		cmocka_unit_test(refuses_bad_sections),
		cmocka_unit_test(merges_ranges),
		cmocka_unit_test(refuses_too_many_ranges),
		cmocka_unit_test(refuses_bad_sizes),
		cmocka_unit_test(survives_noise),
	};

	return cmocka_run_group_tests_name("ovmf", tests, NULL, NULL);
}
