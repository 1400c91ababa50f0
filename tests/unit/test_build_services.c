// SPDX-License-Identifier: MIT
// Services of an image: what manifests say ends up in the boot information; what is wrong in one,
// or in a program, is said with file and line.
#include <stdio.h>

#include "tests/unit/igvm_guest.h"
#include "tests/unit/igvm_tool.h"

#define MANIFEST_GOOD "# comment\nname one-2\n\nprotocol 7 # and one here\nmemory\t64K\n"

static struct kernel_sample program; // any static program will do

static const char *service_argument(const char *file, const char *manifest)
{
	static char text[1024];

	snprintf(text, sizeof(text), "%s:", tool_path(file));
	strncat(text, tool_path(manifest), sizeof(text) - strlen(text) - 1);
	return text;
}

static int build_with(const char *manifest)
{
	struct kernel_sample kernel;

	kernel_sample_init(&kernel);
	tool_write("kernel.elf", &kernel, sizeof(kernel));
	tool_write("program", &program, sizeof(program));
	tool_write("manifest", manifest, strlen(manifest));
	return TOOL_RUN("build", "--kernel", tool_path("kernel.elf"), "--service",
		service_argument("program", "manifest"), "-o", tool_path("out.igvm"));
}

static int start_each(void **context)
{
	(void)context;
	kernel_sample_init(&program);
	return 0;
}

static void puts_the_service_into_the_image(void **context)
{
	static struct guest guest;
	const struct boot_service *service = NULL;

	(void)context;
	assert_int_equal(build_with(MANIFEST_GOOD), 0);
	guest_load(&guest);
	assert_int_equal(guest.info.services.size, sizeof(*service));
	service = (const void *)guest_region(&guest, guest.info.services.gpa);
	assert_string_equal(service->name, "one-2");
	assert_int_equal(service->protocol, 7);
	assert_int_equal(service->memory, 64 * 1024);
	assert_int_equal(service->flags, 0);
	assert_int_equal(service->program.size, sizeof(program));
	assert_int_equal(service->program.gpa % PAGE, 0);
	assert_memory_equal(guest_region(&guest, service->program.gpa), &program, sizeof(program));
	guest_unload(&guest);
}

static void knows_what_a_reboot_does(void **context)
{
	static const uint8_t guid[16] = {0xeb, 0xf1, 0x76, 0xc4, 0x23, 0x01, 0xa5, 0x45, 0x96, 0x41,
		0xb4, 0xe7, 0xdd, 0xe5, 0xbf, 0xe3};
	static struct guest guest;
	const struct boot_service *service = NULL;

	(void)context;
	assert_int_equal(build_with(MANIFEST_GOOD
				 "reboot reset\nguid c476f1eb-0123-45A5-9641-b4e7dde5bfe3\n"),
		0);
	guest_load(&guest);
	service = (const void *)guest_region(&guest, guest.info.services.gpa);
	assert_int_equal(service->flags, BOOT_SERVICE_RESET);
	assert_memory_equal(service->guid, guid, sizeof(guid));
	guest_unload(&guest);
	assert_int_equal(build_with(MANIFEST_GOOD "reboot keep\n"), 0);
	guest_load(&guest);
	service = (const void *)guest_region(&guest, guest.info.services.gpa);
	assert_int_equal(service->flags, 0);
	guest_unload(&guest);
}

static void refuses_bad_manifests(void **context)
{
	static const struct {
		const char *text;
		const char *message;
	} bad[] = {
		{"", "manifest:0: name, protocol and memory all have to be there"},
		{"name a\nprotocol 1\n", "all have to be there"},
		{"name a\nname b\n", "manifest:2: this item stands here twice"},
		{"colour red\n", "manifest:1: no such item"},
		{"name\n", "manifest:1: an item is a name and one value"},
		{"name a b\n", "manifest:1: an item is a name and one value"},
		{"name a_b\n", "letters, digits and hyphens only"},
		{"name aaaaaaaaaaaaaaaaaaaaaaaa\n", "1 to 23 characters"},
		{"protocol 0\n", "manifest:1: protocol: a number from 1"},
		{"protocol 4294967295\n", "protocol: a number from 1"},
		{"protocol 4294967296\n", "protocol: a number from 1"},
		{"protocol x\n", "manifest:1: not a number"},
		{"protocol -1\n", "manifest:1: not a number"},
		{"protocol 1x\n", "protocol: a number from 1"},
		{"memory 4095\n", "memory: whole pages"},
		{"memory 0\n", "memory: whole pages"},
		{"memory 17M\n", "memory: whole pages"},
		{"memory 1G\n", "memory: whole pages"},
		{"memory 4KK\n", "memory: whole pages"},
		{"memory 99999999999999999999M\n", "memory: whole pages"},
		{"reboot never\n", "manifest:1: reboot: reset or keep"},
		{"reboot keep\nreboot reset\n", "manifest:2: this item stands here twice"},
		{"guid 0\n", "manifest:1: guid: 01234567-"},
		{"guid c476f1eb-0123-45a5-9641-b4e7dde5bfex\n", "manifest:1: guid: 01234567-"},
		{"guid c476f1eb001230-45a5-9641-b4e7dde5bfe3\n", "manifest:1: guid: 01234567-"},
	};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(build_with(bad[i].text), 1);
		assert_true(tool_printed("err", bad[i].message));
	}
}

static void refuses_long_lines(void **context)
{
	char text[400];

	(void)context;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(build_with(text), 1);
	assert_true(tool_printed("err", "manifest:1: the line is too long"));
}

static void refuses_bad_programs(void **context)
{
	(void)context;
	program.header.type = ELF_TYPE_DYN;
	assert_int_equal(build_with(MANIFEST_GOOD), 1);
	assert_true(tool_printed("err", "link with -static -no-pie"));
	kernel_sample_init(&program);
	program.segments[0].flags |= ELF_PF_W;
	assert_int_equal(build_with(MANIFEST_GOOD), 1);
	assert_true(tool_printed("err", "is writable and executable"));
	memset(&program, 0, 16);
	assert_int_equal(build_with(MANIFEST_GOOD), 1);
	assert_true(tool_printed("err", "program: "));
}

static void refuses_bad_command_lines(void **context)
{
	char twice[1024];

	(void)context;
	assert_int_equal(build_with(MANIFEST_GOOD), 0);
	snprintf(twice, sizeof(twice), "%s", service_argument("program", "manifest"));
	assert_int_equal(TOOL_RUN("build", "--kernel", tool_path("kernel.elf"), "--service", twice,
				 "--service", twice, "-o", tool_path("out.igvm")),
		1);
	assert_true(tool_printed("err", "both serve protocol 7"));
	assert_int_equal(TOOL_RUN("build", "--kernel", tool_path("kernel.elf"), "--service",
				 "program", "-o", tool_path("out.igvm")),
		1);
	assert_true(tool_printed("err", "must be PROGRAM:MANIFEST"));
	assert_int_equal(TOOL_RUN("build", "--kernel", tool_path("kernel.elf"), "--service", "a:b",
				 "--service", "a:b", "--service", "a:b", "--service", "a:b",
				 "--service", "a:b", "-o", tool_path("out.igvm")),
		1);
	assert_true(tool_printed("err", "more than 4 services"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(puts_the_service_into_the_image, start_each),
		cmocka_unit_test_setup(knows_what_a_reboot_does, start_each),
		cmocka_unit_test_setup(refuses_bad_manifests, start_each),
		cmocka_unit_test_setup(refuses_long_lines, start_each),
		cmocka_unit_test_setup(refuses_bad_programs, start_each),
		cmocka_unit_test_setup(refuses_bad_command_lines, start_each),
	};

	if (!tool_start(argc, argv))
		return 2;
	return cmocka_run_group_tests_name("build_services", tests, NULL, tool_end);
}
