// SPDX-License-Identifier: MIT
// What stands in the place of the C library for copra-igvm inside a fuzz target (-include): its end
// goes back to the target, its output is made but not printed, its memory is freed afterwards.
#ifndef TESTS_FUZZ_TOOL_H
#define TESTS_FUZZ_TOOL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void tool_exit(int status);
void *tool_calloc(size_t count, size_t size);
void *tool_reallocarray(void *p, size_t count, size_t size);
void tool_free(void *p);
int tool_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int tool_vfprintf(FILE *file, const char *format, va_list args);
int tool_putc(int c);
int tool_puts(const char *text, FILE *file);

#ifndef TOOL_KEEPS_LIBC
#define exit(status)		     tool_exit(status)
#define calloc(count, size)	     tool_calloc(count, size)
#define reallocarray(p, count, size) tool_reallocarray(p, count, size)
#define free(p)			     tool_free(p)
#define printf(...)		     tool_printf(__VA_ARGS__)
#define vfprintf(file, format, args) tool_vfprintf(file, format, args)
#define putchar(c)		     tool_putc(c)
#define fputc(c, file)		     tool_putc(c)
#define fputs(text, file)	     tool_puts(text, file)
#endif

// Runs one subcommand on a file with these contents; -1: it ended itself (die), with a message.
// %FILE stands for the file among the arguments.
int tool_run(int (*command)(int argc, char **argv), int argc, const char *const *argv,
	const void *data, size_t size);

// The file that the command wrote; size 0: none. Until the next run.
const uint8_t *tool_written(size_t *size);

#endif
