// SPDX-License-Identifier: MIT
// The log's ring, and back traces with names.
#include "kernel/log.h"

#include "kernel/bootinfo.h"
#include "kernel/panic.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "tests/svsm/suite.h"

static void test_line(void)
{
	console_mute(true);
	log_info("a line %d 0x%x", 17, 255);
	log_debug("a line of debugging");
	console_mute(false);
	EXPECT(log_holds("[svsm/cpu0] info: a line 17 0xff\n"));
	EXPECT(!log_holds("a line of debugging"));
}

static void test_long_line(void)
{
	static char text[400];
	char end[8] = {0};

	memset(text, 'x', sizeof(text) - 1);
	console_mute(true);
	log_info("%s", text);
	console_mute(false);
	EXPECT_EQ(log_read(end, 2), 2);
	EXPECT(end[0] == 'x' && end[1] == '\n');
}

// More than the ring holds: the newest stay, in order.
static void test_wrap(void)
{
	static char all[KIB(16)];
	char last[48];

	console_mute(true);
	for (int i = 0; i < 1000; i++)
		log_info("ring line %d", i);
	console_mute(false);
	EXPECT_EQ(log_read(all, sizeof(all)), sizeof(all));
	size_t size = fmt_snprintf(last, sizeof(last), "[svsm/cpu0] info: ring line %d\n", 999);

	EXPECT(memcmp(&all[sizeof(all) - size], last, size) == 0);
	EXPECT(log_holds("ring line 998\n[svsm/cpu0] info: ring line 999\n"));
	EXPECT(!log_holds("ring line 100\n"));
}

static void test_read_less(void)
{
	char bytes[16];

	EXPECT_EQ(log_read(bytes, 0), 0);
	EXPECT_EQ(log_read(bytes, 5), 5);
	EXPECT_EQ(bytes[4], '\n');
}

static void test_symbols(void)
{
	uint64_t offset = 0;
	uint64_t here = (uint64_t)test_symbols;
	const char *name = ksym_find(here, &offset);

	EXPECT(name != NULL && strcmp(name, "test_symbols") == 0);
	EXPECT_EQ(offset, 0);
	name = ksym_find(here + 1, &offset);
	EXPECT(name != NULL && strcmp(name, "test_symbols") == 0);
	EXPECT_EQ(offset, 1);
	EXPECT(ksym_find(KERNEL_VA - 1, &offset) == NULL);
	EXPECT(ksym_find(0, &offset) == NULL);
}

static __attribute__((noinline)) void trace_from_here(void)
{
	backtrace_log((uint64_t)__builtin_return_address(0), (uint64_t)__builtin_frame_address(0));
	__asm__ volatile(""); // no tail call
}

static void test_backtrace(void)
{
	console_mute(true);
	trace_from_here();
	console_mute(false);
	EXPECT(log_holds(" test_backtrace+0x"));
	EXPECT(log_holds(" suite_run+0x"));
	EXPECT(log_holds(" role_run+0x"));
}

// Frame pointers that lead out of the stack, round in circles, or are not aligned
static void test_damaged_frames(void)
{
	static uint64_t frame[2];
	uint64_t here[2] = {(uint64_t)here, (uint64_t)test_damaged_frames + 1};

	console_mute(true);
	frame[1] = (uint64_t)test_damaged_frames + 1;
	backtrace_log(KERNEL_VA - 4096, (uint64_t)frame);
	backtrace_log((uint64_t)test_damaged_frames, (uint64_t)here);
	backtrace_log((uint64_t)test_damaged_frames, (uint64_t)here + 1);
	backtrace_log((uint64_t)test_damaged_frames, 0);
	here[1] = 5;
	backtrace_log((uint64_t)test_damaged_frames, (uint64_t)here);
	console_mute(false);
	EXPECT(log_holds("#0 0xffffffff7ffff000\n"));
	EXPECT(log_holds("#1 "));
	EXPECT(!log_holds("#2 "));
}

static void assert_text(void *argument)
{
	KERNEL_ASSERT(argument == NULL);
}

static void test_assert(void)
{
	struct caught caught;

	EXPECT_EQ(catch_end(&caught, assert_text, NULL), CAUGHT_NOTHING);
	EXPECT_EQ(catch_end(&caught, assert_text, &caught), CAUGHT_PANIC);
	EXPECT(strncmp(caught.text, "tests/svsm/test_log.c:", 22) == 0);
	EXPECT_ASSERT("argument == NULL", assert_text, &caught);
}

static const struct test test_log_tests[] = {
	TEST("line", test_line),
	TEST("long-line", test_long_line),
	TEST("wrap", test_wrap),
	TEST("read-less", test_read_less),
	TEST("symbols", test_symbols),
	TEST("backtrace", test_backtrace),
	TEST("damaged-frames", test_damaged_frames),
	TEST("assert", test_assert),
};
TEST_GROUP(test_log, "log");
