// SPDX-License-Identifier: MIT
// `copra-igvm measure` and `show`.
#include <string.h>

#include "lib/sha512.h"
#include "tests/unit/igvm_guest.h"
#include "tests/unit/igvm_sample.h"
#include "tests/unit/igvm_tool.h"

static void measures_and_shows(void **context)
{
	struct bytes file;

	(void)context;
	guest_unload(guest_build());
	assert_int_equal(TOOL_RUN("measure", tool_path("out.igvm")), 0);
	assert_true(tool_printed("out", "launch_digest\t"));
	assert_true(tool_printed("out", "\nvmsa_pages\t1\n"));
	// Image 6, boot information, symbols, stack 4, tables 14, VMSA.
	assert_true(tool_printed("out", "\nmeasured_bytes_besides_firmware\t110592\n"));
	assert_true(tool_printed("out", "\nunmeasured_pages\t4\n"));
	assert_int_equal(TOOL_RUN("show", tool_path("out.igvm")), 0);
	assert_true(tool_printed("out", "SEV-SNP, version 1"));
	assert_true(tool_printed("out", "RIP 8000040"));

	file = tool_read("out.igvm");
	unit_data(file)[30] ^= 1;
	tool_write("bad.igvm", file.data, file.size);
	unit_free(file);
	assert_int_equal(TOOL_RUN("measure", tool_path("bad.igvm")), 1);
	assert_true(tool_printed("err", "at offset 0x14: the checksum of the headers is wrong"));
	assert_int_equal(TOOL_RUN("show", tool_path("bad.igvm")), 1);
	tool_write("bad.igvm", "", 0);
	assert_int_equal(TOOL_RUN("show", tool_path("bad.igvm")), 1);
	assert_true(tool_printed("err", "too short"));
}

static void takes_its_options(void **context)
{
	char digest[2 * SHA384_SIZE + 2] = {0};
	struct bytes out;

	(void)context;
	guest_unload(guest_build());
	assert_int_equal(TOOL_RUN("measure", "--digest", tool_path("out.igvm")), 0);
	out = tool_read("out");
	assert_int_equal(out.size, sizeof(digest) - 1);
	memcpy(digest, out.data, out.size);
	unit_free(out);
	assert_int_equal(TOOL_RUN("measure", tool_path("out.igvm")), 0);
	assert_true(tool_printed("out", digest));
	// Pages of zeros are measured as such pages: another digest.
	assert_int_equal(TOOL_RUN("measure", "--native-zero", tool_path("out.igvm")), 0);
	assert_false(tool_printed("out", digest));
	assert_int_equal(TOOL_RUN("measure", "--other", tool_path("out.igvm")), 2);
	assert_int_equal(TOOL_RUN("build", "--other"), 2);
}

static void write_sample(const struct sample *sample)
{
	struct bytes bytes = sample_make(sample);

	tool_write("bad.igvm", bytes.data, bytes.size);
	unit_free(bytes);
}

static void refuses_to_measure_what_cannot_launch(void **context)
{
	static struct sample sample;
	struct igvm_snp_id_block id_block = {.compatibility_mask = SAMPLE_SNP};

	(void)context;
	sample_init_empty(&sample, IGVM_VERSION_1);
	sample_add_platform(&sample, IGVM_PLATFORM_TDX, 4);
	write_sample(&sample);
	assert_int_equal(TOOL_RUN("measure", tool_path("bad.igvm")), 1);
	assert_true(tool_printed("err", "not for the platform SEV-SNP"));
	assert_int_equal(TOOL_RUN("show", tool_path("bad.igvm")), 0);

	sample_init(&sample, IGVM_VERSION_2);
	sample_add_page(&sample, 0x100000, IGVM_PAGE_NORMAL, 1);
	write_sample(&sample);
	assert_int_equal(TOOL_RUN("measure", tool_path("bad.igvm")), 1);
	assert_true(tool_printed("err", "guest memory is filled twice (0x100000)"));

	// The digest of this sample is known from test_digest.c.
	sample_init(&sample, IGVM_VERSION_2);
	memcpy(id_block.ld, "\x53\xe7\x05\xab\x78\x56\xc8\x0e", 8);
	sample_add(&sample, IGVM_SNP_ID_BLOCK, &id_block, sizeof(id_block));
	write_sample(&sample);
	assert_int_equal(TOOL_RUN("measure", tool_path("bad.igvm")), 1);
	assert_true(tool_printed("err", "the ID block holds another launch digest"));
	assert_int_equal(TOOL_RUN("show", tool_path("bad.igvm")), 0);
	assert_true(tool_printed("out", "launch digest 53e705ab7856c80e00"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_and_shows),
		cmocka_unit_test(takes_its_options),
		cmocka_unit_test(refuses_to_measure_what_cannot_launch),
	};

	if (!tool_start(argc, argv))
		return 2;
	return cmocka_run_group_tests_name("measure", tests, NULL, tool_end);
}
