// SPDX-License-Identifier: MIT
// Options of this run: lines key=value in the fw_cfg file opt/copra/options.
#include "lib/string.h"
#include "machine/base/start.h"

#define FILE_NAME "opt/copra/options"

struct options options = {.log_level = LOG_INFO, .gdb_vmpl = -1};

static bool parse_number(const char *text, uint64_t *value)
{
	uint64_t v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || v > (~0ull - 9) / 10)
			return false;
		v = v * 10 + (uint64_t)(*text - '0');
	}
	*value = v;
	return true;
}

static bool parse_level(const char *text, int *level)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};

	for (int i = 0; i < 4; i++) {
		if (strcmp(text, names[i]) == 0) {
			*level = i;
			return true;
		}
	}
	return false;
}

static bool parse_gdb(const char *text)
{
	if (strcmp(text, "svsm") == 0)
		options.gdb_vmpl = 0;
	else if (strcmp(text, "guest") == 0)
		options.gdb_vmpl = 2;
	else
		return false;
	return true;
}

static bool parse_trace(const char *text)
{
	if (strcmp(text, "exits") == 0)
		options.trace = TRACE_MODE_EXITS;
	else if (strcmp(text, "last") == 0)
		options.trace = TRACE_MODE_LAST;
	else
		return false;
	return true;
}

static bool option_set(const char *key, const char *value)
{
	if (strcmp(key, "mem") == 0)
		return parse_number(value, &options.mem);
	if (strcmp(key, "trace") == 0)
		return parse_trace(value);
	if (strcmp(key, "testdev") == 0)
		return (options.testdev = strcmp(value, "1") == 0);
	if (strcmp(key, "log") == 0)
		return parse_level(value, &options.log_level);
	if (strcmp(key, "gdb") == 0)
		return parse_gdb(value);
	return false;
}

static void line_parse(char *line)
{
	char *value = line;

	while (*value && *value != '=')
		value++;
	if (*value)
		*value++ = 0;
	if (*line && !option_set(line, value)) {
		log_error("option '%s=%s' in fw_cfg file %s is not known or its value is wrong "
			  "(mem=BYTES, trace=exits|last, testdev=1, log=error|warn|info|debug, "
			  "gdb=svsm|guest)",
			line, value, FILE_NAME);
		machine_end(END_BAD_CONFIGURATION);
	}
}

void options_read(void)
{
	static char text[4096];
	uint16_t select;
	uint32_t size;
	char *line = text;

	if (!fwcfg_find(FILE_NAME, &select, &size))
		return;
	if (size >= sizeof(text) || !fwcfg_read(select, 0, text, size)) {
		log_error("fw_cfg file %s: %u bytes, at most %u can be read", FILE_NAME, size,
			(unsigned)sizeof(text) - 1);
		machine_end(END_BAD_CONFIGURATION);
	}
	text[size] = 0;
	while (*line) {
		char *end = line;
		bool last;

		while (*end && *end != '\n')
			end++;
		last = *end == 0;
		*end = 0;
		line_parse(line);
		line = last ? end : end + 1;
	}
}
