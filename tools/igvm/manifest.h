// SPDX-License-Identifier: MIT
// Reading a manifest (services.h): a line at a time, and each error with file, line, what is wrong
// and what is right.
#ifndef TOOLS_IGVM_MANIFEST_H
#define TOOLS_IGVM_MANIFEST_H

#include "tools/igvm/region.h"

#define MANIFEST_WORDS_MAX 6

struct manifest {
	const char *path;
	unsigned int line;
	struct boot_service service;
	bool has_name, has_protocol, has_memory, has_reboot, has_guid, has_debug, has_guest;
};

// Ends the program when something is wrong.
struct boot_service manifest_read(const char *path);

// --- for the items: end the program with the place and this text

_Noreturn void manifest_refuse(const struct manifest *m, const char *what);
uint64_t manifest_number(const struct manifest *m, const char *text, char **end);
uint64_t manifest_size(const struct manifest *m, const char *value, const char *what);
void manifest_name(const struct manifest *m, const char *value, char *name);

// A line that is an object is added to the service. False: it is none.
bool manifest_object(struct manifest *m, char *const *words, size_t count);

#endif
