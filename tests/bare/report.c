// SPDX-License-Identifier: MIT
#include "tests/bare/report.h"

#include <stdatomic.h>

#include "lib/fmt.h"
#include "lib/string.h"
#include "tests/bare/cpu.h"
#include "tests/bare/ghcb.h"

#define COM1	 0x3f8
#define TESTDEV	 0xf4
#define END_PASS 0x10
#define END_FAIL 0x11
#define LINE_MAX 320

static const char *group = "";
static uint32_t test_count, failed_count; // under lock
static atomic_flag lock = ATOMIC_FLAG_INIT;

static void lock_take(void)
{
	while (atomic_flag_test_and_set(&lock))
		cpu_pause();
}

static void lock_give(void)
{
	atomic_flag_clear(&lock);
}

static void print_list(const char *format, va_list args)
{
	char line[LINE_MAX];
	size_t length = fmt_vsnprintf(line, sizeof(line), format, args);

	ghcb_out_string(COM1, line, MIN(length, sizeof(line) - 1));
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_list(format, args);
	va_end(args);
}

static void print_name(const char *format, va_list args)
{
	print("%s%s", group, *group ? ": " : "");
	print_list(format, args);
}

void report_group(const char *name)
{
	group = name;
}

static void result(bool ok, const char *format, va_list args)
{
	test_count++;
	if (!ok)
		failed_count++;
	print("%sok %u - ", ok ? "" : "not ", test_count);
	print_name(format, args);
}

bool expect(uint64_t got, uint64_t want, const char *format, ...)
{
	va_list args;

	lock_take();
	va_start(args, format);
	result(got == want, format, args);
	va_end(args);
	if (got != want)
		print(": got 0x%lx, want 0x%lx", got, want);
	print("\n");
	lock_give();
	return got == want;
}

void expect_true(bool ok, const char *format, ...)
{
	va_list args;

	lock_take();
	va_start(args, format);
	result(ok, format, args);
	va_end(args);
	print("\n");
	lock_give();
}

void report_skip(const char *format, ...)
{
	va_list args;

	lock_take();
	va_start(args, format);
	print("ok %u - ", ++test_count);
	print_name("# SKIP ", args);
	print_list(format, args);
	print("\n");
	lock_give();
	va_end(args);
}

void report_note(const char *format, ...)
{
	va_list args;

	lock_take();
	va_start(args, format);
	print("# ");
	print_list(format, args);
	print("\n");
	lock_give();
	va_end(args);
}

uint32_t report_failed(void)
{
	return failed_count;
}

static _Noreturn void end(uint32_t value)
{
	ghcb_out(TESTDEV, value, 4);
	for (;;) // not reached: QEMU has ended, unless the machine's option testdev is off
		cpu_pause();
}

_Noreturn void report_end(void)
{
	print("1..%u\n", test_count);
	end(failed_count ? END_FAIL : END_PASS);
}

_Noreturn void report_abort(const char *format, ...)
{
	va_list args;

	print("Bail out! ");
	va_start(args, format);
	print_list(format, args);
	va_end(args);
	print("\n");
	end(END_FAIL);
}
