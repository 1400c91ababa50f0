// SPDX-License-Identifier: MIT
// What `copra-igvm build` takes and what it refuses: kernels, firmware, command lines.
#include <unistd.h>

#include "tests/unit/igvm_guest.h"
#include "tests/unit/igvm_tool.h"

static void builds_the_same_file_twice(void **context)
{
	struct kernel_sample kernel;
	struct firmware firmware;
	struct bytes first, second;

	(void)context;
	kernel_sample_init(&kernel);
	firmware_init(&firmware);
	assert_int_equal(tool_build(&kernel, &firmware), 0);
	first = tool_read("out.igvm");
	assert_int_equal(tool_build(&kernel, &firmware), 0);
	second = tool_read("out.igvm");
	assert_true(bytes_equal(first, second));
	unit_free(first);
	unit_free(second);
}

// What starts the kernel without SNP is not in the file.
static void leaves_out_the_native_loader(void **context)
{
	struct kernel_sample kernel;
	struct firmware firmware;
	struct bytes without, with;

	(void)context;
	kernel_sample_init(&kernel);
	firmware_init(&firmware);
	kernel.segments[1].type = 0;
	assert_int_equal(tool_build(&kernel, &firmware), 0);
	without = tool_read("out.igvm");
	kernel.segments[1].type = ELF_PT_LOAD;
	kernel.segments[1].vaddr = NATIVE_LOADER_GPA;
	assert_int_equal(tool_build(&kernel, &firmware), 0);
	with = tool_read("out.igvm");
	assert_true(bytes_equal(without, with));
	unit_free(without);
	unit_free(with);
}

static void builds_without_firmware(void **context)
{
	static struct guest guest;
	struct kernel_sample kernel;

	(void)context;
	kernel_sample_init(&kernel);
	tool_write("kernel.elf", &kernel, sizeof(kernel));
	assert_int_equal(TOOL_RUN("build", "--kernel", tool_path("kernel.elf"), "--policy",
				 "0xb0000", "-o", tool_path("out.igvm")),
		0);
	guest_load(&guest);
	assert_int_equal(guest.firmware_pages, 0);
	assert_int_equal(guest.info.firmware.image.size, 0);
	assert_int_equal(guest.policy, 0xb0000);
	guest_unload(&guest);
}

#define assert_refused(statement, message)                                                         \
	do {                                                                                       \
		struct kernel_sample kernel;                                                       \
		struct firmware firmware;                                                          \
		kernel_sample_init(&kernel);                                                       \
		firmware_init(&firmware);                                                          \
		statement;                                                                         \
		assert_int_equal(tool_build(&kernel, &firmware), 1);                               \
		assert_true(tool_printed("err", message));                                         \
		assert_int_equal(access(tool_path("out.igvm"), F_OK), -1);                         \
	} while (0)

static void refuses_bad_kernels(void **context)
{
	(void)context;
	assert_refused(kernel.header.magic = 0, "not an ELF file");
	assert_refused(kernel.header.phnum = 0, "no loadable segment");
	assert_refused(kernel.segments[0].flags = 7, "writable and executable");
	assert_refused(kernel.segments[2].vaddr = KERNEL_VA - 0x1000, "outside");
	assert_refused(
		kernel.segments[2].vaddr = KERNEL_VA + KERNEL_REGION_SIZE - 0x2000, "outside");
	assert_refused(
		kernel.segments[1].vaddr = NATIVE_LOADER_GPA + NATIVE_LOADER_SIZE - 8, "outside");
	assert_refused(kernel.segments[1].vaddr = NATIVE_LOADER_GPA - 8, "outside");
	assert_refused(kernel.segments[2].memsz = KERNEL_REGION_SIZE - 0x5000, "too small");
	assert_refused(kernel.segments[2].vaddr = KERNEL_VA + 0x2000, "shares a page");
	assert_refused(kernel.segments[1].vaddr += 8, "does not start on a page");
	assert_refused(kernel.strings[1] = 'x', "no symbol entry32_start");
	assert_refused(
		kernel.symbols[KERNEL_SYMBOL_ENTRY32].value = KERNEL_VA + 0x80, "out of order");
	assert_refused(kernel.symbols[KERNEL_SYMBOL_ENTRY32_START].value = 0x1000, "outside");
	assert_refused(kernel.symbols[KERNEL_SYMBOL_ENTRY32_END].value = KERNEL_VA + 0x2001,
		"not in a read-execute segment");
	assert_refused(kernel.header.shnum = 0, "no symbol");
}

static void refuses_bad_firmware(void **context)
{
	(void)context;
	assert_refused(firmware.table_guid[0] ^= 1, "no table");
	assert_refused(firmware.sev_sections[4].type = 99, "no SVSM calling area");
	assert_refused(
		firmware.sev_sections[0].base = KERNEL_GPA - 0x1000, "overlaps the kernel region");
	assert_refused(firmware.sev_sections[0].base = KERNEL_GPA + KERNEL_REGION_SIZE - 0x1000,
		"overlaps the kernel region");
}

static void refuses_bad_command_lines(void **context)
{
	(void)context;
	assert_int_equal(TOOL_RUN("frobnicate"), 2);
	assert_int_equal(TOOL_RUN("build"), 1);
	assert_int_equal(
		TOOL_RUN("build", "--kernel", "/nonexistent", "-o", tool_path("out.igvm")), 1);
	assert_true(tool_printed("err", "/nonexistent: No such file"));
	assert_int_equal(
		TOOL_RUN("build", "--kernel", tool_path(""), "-o", tool_path("out.igvm")), 1);
	assert_true(tool_printed("err", "not a regular file"));
	assert_int_equal(TOOL_RUN("build", "--policy", "12x", "--kernel", "x", "-o", "y"), 1);
	assert_true(tool_printed("err", "not a number"));
	assert_int_equal(TOOL_RUN("measure"), 1);
	assert_int_equal(TOOL_RUN("show"), 1);
	assert_int_equal(TOOL_RUN("--help"), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_the_same_file_twice),
		cmocka_unit_test(leaves_out_the_native_loader),
		cmocka_unit_test(builds_without_firmware),
		cmocka_unit_test(refuses_bad_kernels),
		cmocka_unit_test(refuses_bad_firmware),
		cmocka_unit_test(refuses_bad_command_lines),
	};

	if (!tool_start(argc, argv))
		return 2;
	return cmocka_run_group_tests_name("build_files", tests, NULL, tool_end);
}
