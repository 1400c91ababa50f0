// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "lib/fmt.h"
#include "services/lib/loop.h"

#define LINE_MAX 200

static const char *log_name = "service";

void service_log_name(const char *name)
{
	log_name = name;
}

// A name or number from outside must not forge a second line or steer a terminal.
static void line_clean(char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (line[i] < ' ' || line[i] > '~')
			line[i] = '?';
	}
}

void service_log(const char *format, ...)
{
	char line[LINE_MAX + 1];
	size_t length = fmt_snprintf(line, sizeof(line), "%s: ", log_name);
	va_list args;

	length = MIN(length, (size_t)LINE_MAX);
	va_start(args, format);
	length += fmt_vsnprintf(line + length, sizeof(line) - length, format, args);
	va_end(args);
	length = MIN(length, (size_t)LINE_MAX);
	line_clean(line, length);
	line[length] = '\n';
	// A log that cannot be written is no reason to stop serving.
	ignore_result(write(STDERR_FILENO, line, length + 1) > 0);
}
