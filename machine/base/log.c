// SPDX-License-Identifier: MIT
// The machine's log and the exit trace: whole lines to two of QEMU's debug consoles.
#include <stdarg.h>

#include "lib/fmt.h"
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

static void write_line(uint16_t port, const char *prefix, const char *fmt, va_list args)
{
	char text[512];
	uint64_t now = time_us();
	int used = (int)fmt_snprintf(text, sizeof(text), "[%4u.%06u] %s", (unsigned)(now / 1000000),
		(unsigned)(now % 1000000), prefix);
	size_t length =
		(size_t)used + fmt_vsnprintf(text + used, sizeof(text) - (size_t)used, fmt, args);

	if (length > sizeof(text) - 2)
		length = sizeof(text) - 2;
	text[length++] = '\n';
	spin_lock(&log_lock);
	write_bytes(port, text, length);
	spin_unlock(&log_lock);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char prefix[16];
	va_list args;

	if ((int)level > options.log_level)
		return;
	fmt_snprintf(prefix, sizeof(prefix), "%-5s ", level_names[level]);
	va_start(args, fmt);
	write_line(PORT_LOG, prefix, fmt, args);
	va_end(args);
}

void trace_line(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	write_line(PORT_TRACE, "", fmt, args);
	va_end(args);
}
