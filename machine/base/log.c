// SPDX-License-Identifier: MIT
// The machine's log and the exit trace: whole lines to two of QEMU's debug consoles.
#include <stdarg.h>

#include "lib/fmt.h"
#include "lib/string.h"
#include "machine/base/machine.h"
#include "machine/base/start.h"

#define PORT_LOG   0xe9
#define PORT_TRACE 0xe8

static struct spinlock log_lock;
static uint64_t tsc_start, tsc_per_us = 1000, khz = 1000000;
static const char *const level_names[] = {"error", "warn", "info", "debug"};

void time_init(uint64_t start, uint64_t tsc_rate_khz)
{
	tsc_start = start;
	khz = tsc_rate_khz ? tsc_rate_khz : 1;
	tsc_per_us = khz >= 1000 ? khz / 1000 : 1;
}

uint64_t tsc_khz(void)
{
	return khz;
}

uint64_t time_us(void)
{
	return (rdtsc() - tsc_start) / tsc_per_us;
}

static void write_bytes(uint16_t port, const char *text, size_t size)
{
	__asm__ volatile("rep outsb" : "+S"(text), "+c"(size) : "d"(port) : "memory");
}

// Time, prefix and text, a line end behind them; returns the length without the final zero.
static size_t format_line(
	char *line, size_t size, const char *prefix, const char *fmt, va_list args)
{
	uint64_t now = time_us();
	int used = (int)fmt_snprintf(line, size, "[%4u.%06u] %s", (unsigned)(now / 1000000),
		(unsigned)(now % 1000000), prefix);
	size_t length = (size_t)used + fmt_vsnprintf(line + used, size - (size_t)used, fmt, args);

	if (length > size - 2)
		length = size - 2;
	line[length++] = '\n';
	line[length] = 0;
	return length;
}

static void write_line(uint16_t port, const char *line, size_t length)
{
	spin_lock(&log_lock);
	write_bytes(port, line, length);
	spin_unlock(&log_lock);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char prefix[16], line[512];
	va_list args;

	if ((int)level > options.log_level)
		return;
	fmt_snprintf(prefix, sizeof(prefix), "%-5s ", level_names[level]);
	va_start(args, fmt);
	write_line(PORT_LOG, line, format_line(line, sizeof(line), prefix, fmt, args));
	va_end(args);
}

void trace_line(const char *fmt, ...)
{
	char line[TRACE_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	format_line(line, sizeof(line), "", fmt, args);
	va_end(args);
	if (options.trace == TRACE_MODE_LAST)
		trace_keep(line);
	else
		trace_write(line);
}

void trace_write(const char *line)
{
	write_line(PORT_TRACE, line, strlen(line));
}
