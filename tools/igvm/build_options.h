// SPDX-License-Identifier: MIT
// The command line of copra-igvm build.
#ifndef TOOLS_IGVM_BUILD_OPTIONS_H
#define TOOLS_IGVM_BUILD_OPTIONS_H

#include "abi/boot.h"

struct options {
	const char *kernel;
	const char *firmware; // NULL: none
	const char *output;
	const char *services[BOOT_SERVICES_MAX]; // PROGRAM:MANIFEST
	size_t service_count;
	uint64_t vp_count_max;
	uint64_t policy;
};

// Ends the program when they are wrong.
void build_options_parse(int argc, char **argv, struct options *options);

#endif
