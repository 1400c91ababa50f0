// SPDX-License-Identifier: MIT
#define TOOL_KEEPS_LIBC
#include "tests/fuzz/tool.h"

#include <getopt.h>
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tools/igvm/common.h"

#define BLOCKS_MAX 256
#define ARGS_MAX   8
#define TEXT_MAX   4096

static jmp_buf back;
static void *blocks[BLOCKS_MAX];
static size_t block_count;
static bool said; // a message went to standard error
static void *written;
static size_t written_size;

void tool_exit(int status)
{
	FUZZ_CHECK(status == 1 && said);
	longjmp(back, 1);
}

static void *keep(void *p)
{
	FUZZ_CHECK(block_count < BLOCKS_MAX);
	blocks[block_count++] = p;
	return p;
}

static void forget(const void *p)
{
	for (size_t i = 0; p != NULL && i < block_count; i++) {
		if (blocks[i] == p)
			blocks[i--] = blocks[--block_count];
	}
}

void *tool_calloc(size_t count, size_t size)
{
	return keep(calloc(count, size));
}

void *tool_reallocarray(void *p, size_t count, size_t size)
{
	forget(p);
	return keep(reallocarray(p, count, size));
}

void tool_free(void *p)
{
	forget(p);
	free(p);
}

int tool_vfprintf(FILE *file, const char *format, va_list args)
{
	char text[TEXT_MAX];

	said |= file == stderr;
	return vsnprintf(text, sizeof(text), format, args);
}

int tool_printf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = tool_vfprintf(stdout, format, args);

	va_end(args);
	return length;
}

int tool_putc(int c)
{
	return c;
}

int tool_puts(const char *text, FILE *file)
{
	said |= file == stderr;
	return (int)strlen(text);
}

// In the place of the tool's own, which would write a real file.
void file_write(const char *path, const void *data, size_t size)
{
	FUZZ_CHECK(path != NULL && written == NULL);
	written = keep(malloc(size + 1));
	FUZZ_CHECK(written != NULL);
	memcpy(written, data, size);
	written_size = size;
}

const uint8_t *tool_written(size_t *size)
{
	*size = written_size;
	return written;
}

static void free_all(void)
{
	while (block_count > 0)
		free(blocks[--block_count]);
	written = NULL;
	written_size = 0;
}

int tool_run(int (*command)(int argc, char **argv), int argc, const char *const *argv,
	const void *data, size_t size)
{
	static int file = -1;
	static char path[64];
	char *arguments[ARGS_MAX + 1] = {NULL};

	free_all();
	if (file < 0)
		file = memfd_create("input", 0);
	FUZZ_CHECK(file >= 0 && argc <= ARGS_MAX);
	FUZZ_CHECK(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	for (int i = 0; i < argc; i++)
		arguments[i] = (char *)(uintptr_t)(strcmp(argv[i], "%FILE") == 0 ? path : argv[i]);
	optind = 0;
	said = false;
	if (setjmp(back) != 0)
		return -1;
	return command(argc, arguments);
}
