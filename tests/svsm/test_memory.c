// SPDX-License-Identifier: MIT
// Operations of several steps, with each allocation failing in turn: they say so, and keep nothing.
#include "kernel/user/process.h"
#include "tests/svsm/suite.h"

extern const uint8_t program_probe[], program_probe_end[];

static struct process process;

static enum error process_once(void *program)
{
	struct bytes *bytes = program;
	enum error err = process_create(&process, "probe", *bytes, MIB(2));

	if (err == OK)
		process_destroy(&process);
	return err;
}

static void test_process(void)
{
	struct bytes program =
		bytes_make(program_probe, (size_t)(program_probe_end - program_probe));

	suite_note("a program needs %u allocations", alloc_fail_each(process_once, &program));
}

static const struct test test_memory_tests[] = {
	TEST("process", test_process),
};
TEST_GROUP(test_memory, "memory");
