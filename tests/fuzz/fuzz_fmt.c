// SPDX-License-Identifier: MIT
// The small vsnprintf: formats that it understands against the C library's, and any text at all as
// a format, in buffers of every size.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/fmt.h"
#include "tests/fuzz/fuzz.h"

#define TEXT_MAX   256
#define FORMAT_MAX 64
#define ARGUMENTS  16
// Where the strings for any text as a format lie: an address that is also a bearable width.
#define STRINGS	     ((char *)0x10000)
#define STRINGS_SIZE 4096

struct number {
	const char *length;
	char conversion;
};

// What stands between % and the conversion. Only what lib/fmt.h promises: # with x, precision with
// s, zeros with numbers.
static void build_format(struct input *input, char format[FORMAT_MAX], const struct number *number)
{
	uint64_t flags = input_take(input, 1);
	uint64_t width = input_take(input, 1) % 100;
	bool text = number->conversion == 's' || number->conversion == 'c';
	char digits[8] = "";
	char precision[8] = "";

	if (flags & 8)
		snprintf(digits, sizeof(digits), "%u", (unsigned int)width);
	if (number->conversion == 's' && (flags & 16))
		snprintf(precision, sizeof(precision), ".%u", (unsigned int)(flags >> 5));
	snprintf(format, FORMAT_MAX, "<%%%s%s%s%s%s%s%c>", flags & 1 ? "-" : "",
		(flags & 2) && !text && number->conversion != 'p' ? "0" : "",
		(flags & 4) && number->conversion == 'x' ? "#" : "", digits, precision,
		number->length, number->conversion);
}

// The same through both, into a buffer of any size.
#define COMPARE(format, size, ...)                                                                 \
	do {                                                                                       \
		char own[TEXT_MAX], other[TEXT_MAX];                                               \
		memset(own, 0x55, sizeof(own));                                                    \
		memset(other, 0x55, sizeof(other));                                                \
		size_t own_length = fmt_snprintf(own, size, format, __VA_ARGS__);                  \
		int other_length = snprintf(other, size, format, __VA_ARGS__);                     \
		FUZZ_CHECK(other_length >= 0 && own_length == (size_t)other_length);               \
		FUZZ_CHECK(memcmp(own, other, sizeof(own)) == 0);                                  \
	} while (0)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
static void compare(struct input *input)
{
	static const struct number numbers[] = {{"", 'd'}, {"", 'u'}, {"", 'x'}, {"", 'X'},
		{"h", 'd'}, {"hh", 'x'}, {"h", 'u'}, {"l", 'd'}, {"l", 'x'}, {"ll", 'u'},
		{"z", 'i'}, {"j", 'X'}, {"", 'p'}, {"", 's'}, {"", 'c'}, {"hh", 'd'}};
	const struct number *number = &numbers[input_below(input, ARRAY_SIZE(numbers))];
	size_t size = (size_t)input_take(input, 1);
	char format[FORMAT_MAX];
	char text[32] = "";

	build_format(input, format, number);
	uint64_t value = input_take(input, 8);

	memcpy(text, &value, sizeof(value));
	// What the C library writes for these two differs: "0" without 0x, and "(nil)".
	if ((uint32_t)value == 0)
		value = 1;
	if (number->conversion == 's')
		COMPARE(format, size, text);
	else if (number->length[0] == 'l' || number->length[0] == 'z' || number->length[0] == 'j')
		COMPARE(format, size, (unsigned long)value);
	else if (number->conversion == 'p')
		COMPARE(format, size, (void *)value);
	else if (number->conversion == 'c')
		COMPARE(format, size, (int)(value & 0xff));
	else if (number->length[0] == 'h')
		COMPARE(format, size, (int)((value & 0xff) | 1));
	else
		COMPARE(format, size, (unsigned int)value);
}

static void any_text(struct input *input)
{
	char format[FORMAT_MAX + 1] = "";
	size_t size = (size_t)input_take(input, 1);
	char *buffer = malloc(size > 0 ? size : 1);
	char *s = STRINGS;
	size_t wanted = 0;

	FUZZ_CHECK(buffer != NULL);
	input_fill(input, format, MIN(input->size, (size_t)FORMAT_MAX));
	for (char *p = format; *p != '\0'; p++) {
		wanted += *p == '%' || *p == '*';
		if (wanted > ARGUMENTS)
			*p = ' ';
	}
	// Each argument is a string, and as an int a width of 64 Ki.
	size_t length =
		fmt_snprintf(buffer, size, format, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s);

	FUZZ_CHECK(size == 0 || strnlen(buffer, size) == MIN(length, size - 1) ||
		   memchr(buffer, '\0', size) != NULL);
	free(buffer);
}
#pragma GCC diagnostic pop

static void strings_map(void)
{
	static bool mapped;
	void *at = STRINGS;

	if (mapped)
		return;
	at = mmap(STRINGS, STRINGS_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	FUZZ_CHECK(at == STRINGS);
	memset(STRINGS, 'a', 100);
	mapped = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};

	strings_map();
	if (input_take(&input, 1) & 1)
		any_text(&input);
	else
		compare(&input);
	return 0;
}
