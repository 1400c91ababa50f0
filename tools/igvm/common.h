// SPDX-License-Identifier: MIT
// Messages, files and memory for the subcommands of copra-igvm.
#ifndef TOOLS_IGVM_COMMON_H
#define TOOLS_IGVM_COMMON_H

#include "lib/bytes.h"
#include "lib/igvm.h"
#include "lib/util.h"

// Prints "copra-igvm: <message>" on standard error and exits with status 1.
_Noreturn void die(const char *format, ...) PRINTF_LIKE(1, 2);

// These end the program when they fail. Memory is zeroed.
void *allocate(size_t count, size_t size);
void *reallocate(void *p, size_t count, size_t size);
struct bytes file_read(const char *path);
void file_write(const char *path, const void *data, size_t size);

// Reads and checks an IGVM file; ends the program with path, place and reason if it is bad.
void igvm_file_open(const char *path, struct igvm_file *file);

// The file's SEV-SNP platform; ends the program if it has none.
struct igvm_platform igvm_file_snp(const char *path, const struct igvm_file *file);

// Subcommands: arguments after the subcommand's name stand at argv[1].
int command_build(int argc, char **argv);
int command_measure(int argc, char **argv);
int command_show(int argc, char **argv);

#endif
