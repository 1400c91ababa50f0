// SPDX-License-Identifier: MIT
// The launch digest of known files. The expected values come from a separate implementation in
// Python; COCONUT's igvmmeasure agrees with the tool on whole images.
#include <string.h>

#include "tests/unit/igvm_sample.h"
#include "tools/igvm/digest.h"

static void digest_sample(const struct sample *sample, bool native_zero, struct digest *digest)
{
	struct bytes bytes = sample_make(sample);
	struct igvm_error error;
	struct igvm_file file;

	assert_true(igvm_open(bytes, &file, &error));
	digest_file(&file, SAMPLE_SNP, native_zero, digest);
	unit_free(bytes);
}

static void assert_digest(const struct digest *digest, const char *hex)
{
	char text[2 * SHA384_SIZE + 1];

	for (size_t i = 0; i < SHA384_SIZE; i++) {
		text[2 * i] = "0123456789abcdef"[digest->value[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[digest->value[i] & 15];
	}
	text[2 * SHA384_SIZE] = '\0';
	assert_string_equal(text, hex);
}

static void chains_pages(void **context)
{
	static struct sample sample;
	struct digest digest;

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	digest_sample(&sample, false, &digest);
	assert_digest(&digest, "53e705ab7856c80ea103ce531e286fce45257e9b6695ec0cba9f0d468bce1f37"
			       "c0386d520c977ed31805a291fd7e46ec");
	assert_int_equal(digest.pages[SNP_PAGE_NORMAL], 2);
	assert_int_equal(digest.zero_pages, 1);
	assert_int_equal(digest.pages[SNP_PAGE_VMSA], 1);
	assert_int_equal(digest.pages[SNP_PAGE_ZERO], 0);
	assert_int_equal(digest.pages[SNP_PAGE_UNMEASURED], 6);
	assert_int_equal(digest.pages[SNP_PAGE_SECRETS], 1);
	assert_int_equal(digest.pages[SNP_PAGE_CPUID], 1);
}

static void does_not_depend_on_the_version(void **context)
{
	static struct sample sample;
	struct digest first, second;

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	digest_sample(&sample, false, &first);
	sample_init(&sample, IGVM_VERSION_2);
	digest_sample(&sample, false, &second);
	assert_memory_equal(&first, &second, sizeof(first));
}

static void knows_native_zero_pages(void **context)
{
	static struct sample sample;
	struct digest digest;

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	digest_sample(&sample, true, &digest);
	assert_digest(&digest, "8112db8930f6ce798dc63bbf37a02360ee7d769d50a54d8d14977a03839bab2e"
			       "bcd20ff89243a800a46bce654384c22e");
	assert_int_equal(digest.pages[SNP_PAGE_ZERO], 1);
}

// 512 links for a large page; none for a shared one, or for another platform.
static void handles_large_and_shared_pages(void **context)
{
	static struct sample sample;
	struct igvm_page_data page = {
		.gpa = 0x40000000,
		.compatibility_mask = SAMPLE_SNP,
		.flags = IGVM_PAGE_FLAG_2MB | IGVM_PAGE_FLAG_UNMEASURED,
	};
	struct digest digest;

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	sample_add(&sample, IGVM_PAGE_DATA, &page, sizeof(page));
	page.gpa = 0x50000000;
	page.flags = IGVM_PAGE_FLAG_SHARED;
	sample_add(&sample, IGVM_PAGE_DATA, &page, sizeof(page));
	page.compatibility_mask = SAMPLE_NATIVE;
	page.flags = 0;
	sample_add(&sample, IGVM_PAGE_DATA, &page, sizeof(page));
	digest_sample(&sample, false, &digest);
	assert_digest(&digest, "51819baed14c2317b2effa3d9f0db363b683d43bd70e5e0da59a19629211cad7"
			       "06364e74871a8d11a8ca44f780ebe8fd");
	assert_int_equal(digest.shared_pages, 1);
}

static void depends_on_every_page(void **context)
{
	static struct sample sample;
	struct digest before, after;
	static const size_t data_used[] = {0, 4095, 3 * 4096, 4 * 4096 - 1};

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	digest_sample(&sample, false, &before);
	for (size_t i = 0; i < ARRAY_SIZE(data_used); i++) {
		sample.data[data_used[i]] ^= 1;
		digest_sample(&sample, false, &after);
		assert_memory_not_equal(before.value, after.value, SHA384_SIZE);
		sample.data[data_used[i]] ^= 1;
	}
	// Page 2 is the CPUID page's: its contents are not measured here.
	sample.data[4096] ^= 1;
	digest_sample(&sample, false, &after);
	assert_memory_equal(before.value, after.value, SHA384_SIZE);
}

// Firmware is what lies in the last GiB below 4 GiB.
static void counts_firmware_pages(void **context)
{
	static const uint64_t gpas[] = {GIB(3) - 4096, GIB(3), GIB(4) - 4096, GIB(4)};
	static struct sample sample;
	struct digest digest;

	(void)context;
	sample_init(&sample, IGVM_VERSION_1);
	for (size_t i = 0; i < ARRAY_SIZE(gpas); i++)
		sample_add_page(&sample, gpas[i], IGVM_PAGE_NORMAL, i == 1 ? 1 : 0);
	digest_sample(&sample, false, &digest);
	assert_int_equal(digest.firmware_pages, 2);
	assert_int_equal(digest.zero_pages, 4);
	assert_int_equal(digest.pages[SNP_PAGE_NORMAL], 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_pages),
		cmocka_unit_test(does_not_depend_on_the_version),
		cmocka_unit_test(knows_native_zero_pages),
		cmocka_unit_test(handles_large_and_shared_pages),
		cmocka_unit_test(depends_on_every_page),
		cmocka_unit_test(counts_firmware_pages),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
