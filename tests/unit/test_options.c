// SPDX-License-Identifier: MIT
// The machine's options: lines of a fw_cfg file.
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "machine/base/start.h"
#include "tests/unit/unit.h"

static const char *file; // NULL: there is none
static uint32_t file_size;
static bool device_fails;
static jmp_buf end;
static char logged[1000];

bool fwcfg_find(const char *name, uint16_t *select, uint32_t *size)
{
	assert_string_equal(name, "opt/copra/options");
	*select = 0x42;
	*size = file_size;
	return file != NULL;
}

bool fwcfg_read(uint16_t select, uint32_t offset, void *to, uint32_t size)
{
	assert_int_equal(select, 0x42);
	assert_int_equal(offset, 0);
	memcpy(to, file, size);
	return !device_fails;
}

void log_line(enum log_level level, const char *format, ...)
{
	va_list args;

	assert_int_equal(level, LOG_ERROR);
	va_start(args, format);
	vsnprintf(logged, sizeof(logged), format, args);
	va_end(args);
}

_Noreturn void machine_end(enum end_code code)
{
	assert_int_equal(code, END_BAD_CONFIGURATION);
	longjmp(end, 1);
}

static bool read_bytes(const char *text, uint32_t size)
{
	options = (struct options){.log_level = LOG_INFO, .gdb_vmpl = -1};
	logged[0] = '\0';
	file = text;
	file_size = size;
	if (setjmp(end) != 0)
		return false;
	options_read();
	return true;
}

static bool read_text(const char *text)
{
	return read_bytes(text, text == NULL ? 0 : (uint32_t)strlen(text));
}

static void takes_each_option(void **context)
{
	(void)context;
	assert_true(read_text("mem=1073741824\ntrace=exits\ntestdev=1\nlog=debug\ngdb=guest\n"));
	assert_int_equal(options.mem, 1073741824);
	assert_int_equal(options.trace, TRACE_MODE_EXITS);
	assert_true(options.testdev);
	assert_int_equal(options.log_level, LOG_DEBUG);
	assert_int_equal(options.gdb_vmpl, 2);
	assert_true(read_text("gdb=svsm\ntrace=last"));
	assert_int_equal(options.trace, TRACE_MODE_LAST);
	assert_int_equal(options.gdb_vmpl, 0);
	assert_true(read_text("\n\nlog=error\n\nlog=warn"));
	assert_int_equal(options.log_level, LOG_WARN);
	assert_true(read_text("mem=0"));
	assert_true(read_text("mem=18446744073709551609"));
	assert_int_equal(options.mem, 18446744073709551609ull);
}

static void does_without_a_file(void **context)
{
	(void)context;
	assert_true(read_text(NULL));
	assert_true(read_text(""));
	assert_int_equal(options.mem, 0);
	assert_int_equal(options.trace, TRACE_MODE_NONE);
	assert_int_equal(options.log_level, LOG_INFO);
	assert_int_equal(options.gdb_vmpl, -1);
}

static void names_what_is_wrong(void **context)
{
	static const char *const wrongs[] = {"mem=", "mem", "mem=12x", "mem=-1", "mem= 1",
		"mem=18446744073709551616", "mem=99999999999999999999", "trace=", "trace=all",
		"testdev=2", "log=loud", "log=", "gdb=", "gdb=vmpl0", "Mem=1", "memory=1", "=",
		"=1", " mem=1", "x"};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++) {
		char text[64];

		snprintf(text, sizeof(text), "log=info\n%s\nlog=info\n", wrongs[i]);
		// A line without a key is passed over.
		assert_int_equal(read_text(text), wrongs[i][0] == '=');
		if (wrongs[i][0] != '=')
			assert_non_null(strstr(logged, "is not known or its value is wrong"));
	}
	assert_false(read_text("colour=red"));
	assert_non_null(strstr(logged, "'colour=red'"));
}

static void has_a_limit(void **context)
{
	static char text[5000];

	(void)context;
	memset(text, '\n', sizeof(text));
	assert_true(read_bytes(text, 4095));
	assert_false(read_bytes(text, 4096));
	assert_non_null(strstr(logged, "4096 bytes, at most 4095 can be read"));
	assert_false(read_bytes(text, UINT32_MAX));
	device_fails = true;
	assert_false(read_bytes(text, 10));
	device_fails = false;
	// A zero byte ends it.
	assert_true(read_bytes("log=warn\0\nnonsense", 18));
	assert_int_equal(options.log_level, LOG_WARN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_each_option),
		cmocka_unit_test(does_without_a_file),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(has_a_limit),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
