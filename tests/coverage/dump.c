// SPDX-License-Identifier: MIT
/*
 * Writes gcc's counters to the console, as .gcda files in hexadecimal digits:
 *
 *	gcda-file PATH
 *	gcda DIGITS		as many lines as it takes
 *	gcda-end
 *
 * What gcc 12 leaves in memory and what gcov reads: gcc's gcc/gcov-io.h and libgcc/libgcov.h.
 */
#include "kernel/platform.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "tests/coverage/coverage.h"

#if __GNUC__ != 12
#error "the layout of the counters is that of gcc 12: look at gcov-io.h of this one"
#endif

#define COUNTER_KINDS 8
#define MAGIC	      0x67636461 // "gcda"
#define TAG_FUNCTION  0x01000000
#define TAG_COUNTERS  0x01a10000

struct counters {
	uint32_t count;
	const uint64_t *values;
};

struct function {
	const void *key;
	uint32_t ident;
	uint32_t lines_sum;
	uint32_t graph_sum;
	struct counters counters[]; // of the kinds that the object has
};

struct object {
	uint32_t version;
	const void *next;
	uint32_t stamp;
	uint32_t sum;
	const char *path;
	void (*merge[COUNTER_KINDS])(uint64_t *, uint32_t); // NULL: has none of that kind
	uint32_t function_count;
	const struct function *const *functions;
};

extern const struct object *const coverage_start[];
extern const struct object *const coverage_end[];

// gcc names it in each object; nobody merges here.
void __gcov_merge_add(uint64_t *values, uint32_t count);

void __gcov_merge_add(uint64_t *values, uint32_t count)
{
	(void)values;
	(void)count;
}

#define DIGITS_MAX 160 // of a line
static char line[8 + DIGITS_MAX];
static size_t digits;

static void line_end(void)
{
	if (digits == 0)
		return;
	memcpy(line, "gcda ", 5);
	line[5 + digits] = '\n';
	platform_console_write(line, 5 + digits + 1);
	digits = 0;
}

static void put_byte(uint8_t byte)
{
	static const char names[] = "0123456789ABCDEF";

	line[5 + digits++] = names[byte >> 4];
	line[5 + digits++] = names[byte & 15];
	if (digits == DIGITS_MAX)
		line_end();
}

static void put_word(uint32_t word)
{
	for (unsigned int i = 0; i < 32; i += 8)
		put_byte((uint8_t)(word >> i));
}

static void put_counters(const struct counters *counters, uint32_t kind)
{
	put_word(TAG_COUNTERS + (kind << 17));
	put_word(counters->count * (uint32_t)sizeof(uint64_t));
	for (uint32_t i = 0; i < counters->count; i++) {
		uint64_t value = __atomic_load_n(&counters->values[i], __ATOMIC_RELAXED);

		put_word((uint32_t)value);
		put_word((uint32_t)(value >> 32));
	}
}

static void put_function(const struct object *object, const struct function *function)
{
	const struct counters *counters = function->counters;

	put_word(TAG_FUNCTION);
	put_word(3 * sizeof(uint32_t));
	put_word(function->ident);
	put_word(function->lines_sum);
	put_word(function->graph_sum);
	for (uint32_t kind = 0; kind < COUNTER_KINDS; kind++) {
		if (object->merge[kind] != NULL)
			put_counters(counters++, kind);
	}
}

static void put_object(const struct object *object)
{
	char text[256];
	size_t size = fmt_snprintf(text, sizeof(text), "gcda-file %s\n", object->path);

	platform_console_write(text, MIN(size, sizeof(text) - 1));
	put_word(MAGIC);
	put_word(object->version);
	put_word(object->stamp);
	put_word(object->sum);
	for (uint32_t i = 0; i < object->function_count; i++) {
		// A function of another object's is written there.
		if (object->functions[i] != NULL && object->functions[i]->key == object)
			put_function(object, object->functions[i]);
	}
	line_end();
	platform_console_write("gcda-end\n", 9);
}

void coverage_dump(void)
{
	for (const struct object *const *object = coverage_start; object < coverage_end; object++)
		put_object(*object);
}
