// SPDX-License-Identifier: MIT
// copra-igvm as a program, run in a folder of its own: for tests whose first argument it is.
#ifndef TESTS_UNIT_IGVM_TOOL_H
#define TESTS_UNIT_IGVM_TOOL_H

#include "tests/unit/firmware.h"
#include "tests/unit/kernel_sample.h"
#include "tests/unit/unit.h"

// Before the tests; false: said what is wrong. After them: the folder goes.
bool tool_start(int argc, char **argv);
int tool_end(void **context);

// A file of the folder: "kernel.elf", "fw.fd", "out.igvm", "bad.igvm", "program",
// "manifest"; "out" and "err" hold what
// the program printed last.
const char *tool_path(const char *name);
void tool_write(const char *name, const void *data, size_t size);
struct bytes tool_read(const char *name);

// Runs the program. Returns the exit status.
int tool_run(const char *const *arguments);
#define TOOL_RUN(...) tool_run((const char *const[]){__VA_ARGS__, NULL})

// Whether the text stands in the program's last output of that name.
bool tool_printed(const char *name, const char *text);

// Builds out.igvm of these two.
int tool_build(const struct kernel_sample *kernel, const struct firmware *firmware);

#endif
