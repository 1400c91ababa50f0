// SPDX-License-Identifier: MIT
#include "lib/fmt.h"

#include "lib/string.h"

struct output {
	char *buffer;
	size_t size;
	size_t length; // of the whole text, also what did not fit
};

struct spec {
	bool left;
	bool zero;
	bool prefix;
	size_t width;
	size_t precision;   // SIZE_MAX: none given
	unsigned int bytes; // of an integer argument
	char conversion;
};

static void put(struct output *out, char c)
{
	if (out->length + 1 < out->size)
		out->buffer[out->length] = c;
	out->length++;
}

static void put_repeated(struct output *out, char c, size_t count)
{
	while (count-- > 0)
		put(out, c);
}

static void put_text(struct output *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		put(out, text[i]);
}

// prefix (sign or 0x) and body in a field: zeros go between the two, spaces outside.
static void put_field(struct output *out, const struct spec *spec, const char *prefix,
	const char *body, size_t length)
{
	size_t prefix_length = strlen(prefix);
	size_t total = prefix_length + length;
	size_t padding = spec->width > total ? spec->width - total : 0;

	if (!spec->left && !spec->zero)
		put_repeated(out, ' ', padding);
	put_text(out, prefix, prefix_length);
	if (!spec->left && spec->zero)
		put_repeated(out, '0', padding);
	put_text(out, body, length);
	if (spec->left)
		put_repeated(out, ' ', padding);
}

static void put_number(
	struct output *out, const struct spec *spec, const char *prefix, uint64_t value)
{
	bool hex = spec->conversion == 'x' || spec->conversion == 'X' || spec->conversion == 'p';
	const char *digits = spec->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	unsigned int base = hex ? 16 : 10;
	char text[20] = {0}; // 2^64 has 20 decimal digits
	size_t start = sizeof(text);

	do {
		text[--start] = digits[value % base];
		value /= base;
	} while (value != 0);
	put_field(out, spec, prefix, text + start, sizeof(text) - start);
}

static void put_string(struct output *out, struct spec *spec, const char *text)
{
	if (text == NULL)
		text = "(null)";
	spec->zero = false;
	put_field(out, spec, "", text, strnlen(text, spec->precision));
}

// Reads digits; numbers too long for a log line saturate.
static size_t parse_number(const char **format)
{
	size_t n = 0;

	for (; **format >= '0' && **format <= '9'; (*format)++)
		n = MIN(n * 10 + (size_t)(**format - '0'), (size_t)4096);
	return n;
}

static const char *parse_flags(const char *format, struct spec *spec)
{
	for (;; format++) {
		if (*format == '-')
			spec->left = true;
		else if (*format == '0')
			spec->zero = true;
		else if (*format == '#')
			spec->prefix = true;
		else
			return format;
	}
}

static const char *parse_length(const char *format, struct spec *spec)
{
	spec->bytes = sizeof(int);
	for (;; format++) {
		if (*format == 'l' || *format == 'z' || *format == 'j')
			spec->bytes = sizeof(uint64_t);
		else if (*format == 'h')
			spec->bytes = spec->bytes == sizeof(short) ? 1 : sizeof(short);
		else
			return format;
	}
}

// va_list is passed by pointer inside a struct, since it may be an array type.
struct arguments {
	va_list list;
};

static size_t parse_star(const char **format, struct arguments *args, bool *left)
{
	int n = 0;

	if (**format != '*')
		return parse_number(format);
	(*format)++;
	n = va_arg(args->list, int);
	if (n < 0)
		*left = true;
	return n < 0 ? (size_t) - (int64_t)n : (size_t)n;
}

static const char *parse_spec(const char *format, struct spec *spec, struct arguments *args)
{
	bool negative = false;

	format = parse_flags(format, spec);
	spec->width = parse_star(&format, args, &spec->left);
	spec->precision = SIZE_MAX;
	if (*format == '.') {
		format++;
		spec->precision = parse_star(&format, args, &negative);
		if (negative)
			spec->precision = SIZE_MAX;
	}
	format = parse_length(format, spec);
	spec->conversion = *format;
	return format;
}

static uint64_t next_unsigned(const struct spec *spec, struct arguments *args)
{
	uint64_t value = 0;

	if (spec->bytes == sizeof(uint64_t))
		return va_arg(args->list, uint64_t);
	value = va_arg(args->list, unsigned int);
	return value & MASK(8 * spec->bytes);
}

static void put_signed(struct output *out, const struct spec *spec, struct arguments *args)
{
	uint64_t value = next_unsigned(spec, args);
	unsigned int unused_bits = 64 - 8 * spec->bytes;
	int64_t number = (int64_t)(value << unused_bits) >> unused_bits;

	if (number < 0)
		put_number(out, spec, "-", 0 - (uint64_t)number);
	else
		put_number(out, spec, "", (uint64_t)number);
}

// False: not a conversion this function knows.
static bool put_conversion(struct output *out, struct spec *spec, struct arguments *args)
{
	char c = 0;

	switch (spec->conversion) {
	case '%':
		put(out, '%');
		return true;
	case 'c':
		c = (char)va_arg(args->list, int);
		spec->zero = false;
		put_field(out, spec, "", &c, 1);
		return true;
	case 's':
		put_string(out, spec, va_arg(args->list, const char *));
		return true;
	case 'd':
	case 'i':
		put_signed(out, spec, args);
		return true;
	case 'u':
		put_number(out, spec, "", next_unsigned(spec, args));
		return true;
	case 'x':
	case 'X':
		put_number(out, spec, spec->prefix ? "0x" : "", next_unsigned(spec, args));
		return true;
	case 'p':
		put_number(out, spec, "0x", (uintptr_t)va_arg(args->list, void *));
		return true;
	default:
		return false;
	}
}

static void put_all(struct output *out, const char *format, struct arguments *args)
{
	while (*format != '\0') {
		struct spec spec = {0};
		const char *end = format;

		if (*format != '%') {
			put(out, *format++);
			continue;
		}
		end = parse_spec(format + 1, &spec, args);
		if (!put_conversion(out, &spec, args)) {
			put_text(out, format, strlen(format));
			return;
		}
		format = end + 1;
	}
}

size_t fmt_vsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
	struct output out = {.buffer = buffer, .size = size};
	struct arguments copy;

	va_copy(copy.list, args);
	put_all(&out, format, &copy);
	va_end(copy.list);
	if (size > 0)
		buffer[MIN(out.length, size - 1)] = '\0';
	return out.length;
}

size_t fmt_snprintf(char *buffer, size_t size, const char *format, ...)
{
	size_t length = 0;
	va_list args;

	va_start(args, format);
	length = fmt_vsnprintf(buffer, size, format, args);
	va_end(args);
	return length;
}
