// SPDX-License-Identifier: MIT
/*
 * A small vsnprintf for logs. Understands
 *	%[flags][width][.precision][length]conversion
 * flags `-` (left-align), `0` (pad with zeros) and `#` (0x before %x); width and precision as
 * digits or `*`; length hh, h, l, ll, z, j; conversions c s d i u x X p %. Precision limits the
 * length of %s and is ignored elsewhere. An unknown conversion is copied as it stands, and the
 * arguments after it are not touched.
 *
 * All functions terminate the buffer (if size > 0) and return the length that the whole text
 * needs without the zero: the text was cut if that is >= size.
 */
#ifndef LIB_FMT_H
#define LIB_FMT_H

#include <stdarg.h>

#include "lib/util.h"

size_t fmt_vsnprintf(char *buffer, size_t size, const char *format, va_list args) PRINTF_LIKE(3, 0);
size_t fmt_snprintf(char *buffer, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
