// SPDX-License-Identifier: MIT
// Numbers and bytes of gdb's packets: hexadecimal digits, bytes in memory's order.
#include "machine/debug/gdb.h"

const char hex_digits[] = "0123456789abcdef";

int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t hex_from(char *text, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		text[2 * i] = hex_digits[bytes[i] >> 4];
		text[2 * i + 1] = hex_digits[bytes[i] & 15];
	}
	return 2 * size;
}

size_t hex_to(uint8_t *bytes, const char *text, size_t max)
{
	size_t size = 0;

	while (size < max && hex_digit(text[0]) >= 0 && hex_digit(text[1]) >= 0) {
		bytes[size++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
		text += 2;
	}
	return size;
}

uint64_t hex_number(const char **text)
{
	uint64_t value = 0;

	for (; hex_digit(**text) >= 0; (*text)++)
		value = value << 4 | (uint64_t)hex_digit(**text);
	return value;
}

uint64_t hex_number_next(const char **text)
{
	if (**text)
		(*text)++;
	return hex_number(text);
}
