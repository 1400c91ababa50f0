// SPDX-License-Identifier: MIT
/*
 * Levelled log lines, `[svsm/cpuN] level: text`, to the console and to a ring in memory. Lines
 * written before the console works wait in the ring. Never log what the guest keeps secret: the
 * console is the host's to read.
 */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include "lib/util.h"

enum log_level {
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG,
};

// Sizes in messages; a type that %lu fits.
#define TO_KIB(bytes) ((uint64_t)(bytes) / 1024)

void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

// The console works from now on: prints what has waited.
void log_open_console(void);

// For panic: whoever holds the log's lock may never let go.
void log_break_lock(void);

// Copies out the newest bytes of the ring, oldest first; returns how many.
size_t log_read(char *buffer, size_t size);

#endif
