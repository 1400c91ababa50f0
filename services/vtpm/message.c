// SPDX-License-Identifier: MIT
/*
 * libtpms's messages. Its own functions write to standard error, and in failure mode they write out
 * the command that led there, with the passwords in it; the host may be able to read the log. The
 * linker's --wrap puts these in their place.
 */
#include <stdarg.h>

#include "lib/fmt.h"
#include "services/lib/service.h"

void __wrap_TPMLIB_LogPrintfA(unsigned int indent, const char *format, ...) PRINTF_LIKE(2, 3);
void __wrap_TPMLIB_LogArray(unsigned int indent, const unsigned char *data, size_t size);

void __wrap_TPMLIB_LogPrintfA(unsigned int indent, const char *format, ...)
{
	char line[160];
	size_t length;
	va_list args;

	(void)indent;
	va_start(args, format);
	length = fmt_vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	length = MIN(length, sizeof(line) - 1);
	if (length > 0 && line[length - 1] == '\n')
		line[length - 1] = '\0';
	service_log("%s", line);
}

void __wrap_TPMLIB_LogArray(unsigned int indent, const unsigned char *data, size_t size)
{
	(void)indent;
	(void)data;
	(void)size;
}
