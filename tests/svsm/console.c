// SPDX-License-Identifier: MIT
// The console, shared with the kernel's log: a line of ours goes out in one piece.
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "tests/svsm/suite.h"

#define PORT_DEBUG_EXIT 0xf4
#define END_PASS	0x10
#define END_FAIL	0x11

void __real_platform_console_write(const char *text, size_t size);
void __wrap_platform_console_write(const char *text, size_t size);

static bool muted;

void console_mute(bool mute)
{
	muted = mute;
}

// The log's way to the console
void __wrap_platform_console_write(const char *text, size_t size)
{
	if (!muted)
		__real_platform_console_write(text, size);
}

static void print_list(const char *format, va_list args)
{
	char line[320];
	size_t size = fmt_vsnprintf(line, sizeof(line), format, args);

	__real_platform_console_write(line, MIN(size, sizeof(line) - 1));
}

void console_print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_list(format, args);
	va_end(args);
}

void suite_note(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	fmt_vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	console_print("# %s\n", text);
}

_Noreturn void console_end(bool passed)
{
	coverage_dump();
	error_ignore(platform_port_write(PORT_DEBUG_EXIT, 4, passed ? END_PASS : END_FAIL));
	// Not reached, unless QEMU lacks the device.
	for (;;)
		cpu_halt();
}

_Noreturn void suite_abort(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	fmt_vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	console_print("Bail out! %s\n", text);
	console_end(false);
}

#define MARK "-- mark --\n"

void log_mark(void)
{
	muted = true;
	log_info(MARK);
	muted = false;
}

static const char *text_find(const char *text, size_t size, const char *wanted)
{
	size_t length = strlen(wanted);

	for (size_t i = 0; i + length <= size; i++) {
		if (memcmp(&text[i], wanted, length) == 0)
			return &text[i];
	}
	return NULL;
}

bool log_holds(const char *text)
{
	static char newest[KIB(16)];
	const char *end = newest + log_read(newest, sizeof(newest));
	const char *from = newest;

	for (const char *mark = newest; mark != NULL;) {
		mark = text_find(from, (size_t)(end - from), MARK);
		if (mark != NULL)
			from = mark + 1;
	}
	return text_find(from, (size_t)(end - from), text) != NULL;
}
