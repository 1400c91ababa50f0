// SPDX-License-Identifier: MIT
#include "kernel/log.h"

#include "kernel/percpu.h"
#include "kernel/platform.h"
#include "kernel/spinlock.h"
#include "lib/fmt.h"
#include "lib/string.h"

// Lines above this level go nowhere (requests that were refused are LOG_DEBUG).
#ifndef LOG_LEVEL
#define LOG_LEVEL LOG_INFO
#endif

#define LOG_LINE_MAX  256
#define LOG_RING_SIZE KIB(16)

static struct spinlock log_lock = SPINLOCK(LOCK_LOG);

// under log_lock
static char log_ring[LOG_RING_SIZE];
static uint64_t log_written; // bytes ever
static uint64_t log_printed;
static bool log_console_open;

static bool log_lock_broken;

static const char *const level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

static void log_acquire(void)
{
	if (!log_lock_broken)
		spinlock_acquire(&log_lock);
}

static void log_release(void)
{
	if (!log_lock_broken)
		spinlock_release(&log_lock);
}

static void log_append(const char *line, size_t size)
{
	for (size_t i = 0; i < size; i++)
		log_ring[(log_written + i) % LOG_RING_SIZE] = line[i];
	log_written += size;
}

// From the ring to the console, in at most two pieces a round.
static void log_print(void)
{
	if (!log_console_open)
		return;
	if (log_written - log_printed > LOG_RING_SIZE)
		log_printed = log_written - LOG_RING_SIZE;
	while (log_printed < log_written) {
		size_t start = log_printed % LOG_RING_SIZE;
		size_t size = MIN(log_written - log_printed, LOG_RING_SIZE - start);

		platform_console_write(&log_ring[start], size);
		log_printed += size;
	}
}

void log_line(enum log_level level, const char *format, ...)
{
	char line[LOG_LINE_MAX];
	va_list args;

	if (level > LOG_LEVEL)
		return;
	size_t size = fmt_snprintf(line, sizeof(line),
		"[svsm/cpu%u] %s: ", this_cpu()->cpu == NULL ? 0 : this_cpu()->cpu->index,
		level_names[level]);

	va_start(args, format);
	size += fmt_vsnprintf(line + size, sizeof(line) - size, format, args);
	va_end(args);
	// A line that was cut keeps its end of line.
	size = MIN(size, sizeof(line) - 2);
	line[size++] = '\n';

	log_acquire();
	log_append(line, size);
	log_print();
	log_release();
}

void log_open_console(void)
{
	log_acquire();
	log_console_open = true;
	log_print();
	log_release();
}

void log_break_lock(void)
{
	log_lock_broken = true;
}

size_t log_read(char *buffer, size_t size)
{
	log_acquire();
	size_t have = MIN(log_written, LOG_RING_SIZE);

	have = MIN(have, size);
	uint64_t first = log_written - have;

	for (size_t i = 0; i < have; i++)
		buffer[i] = log_ring[(first + i) % LOG_RING_SIZE];
	log_release();
	return have;
}
