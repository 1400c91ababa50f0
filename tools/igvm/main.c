// SPDX-License-Identifier: MIT
// copra-igvm: builds, measures and lists IGVM files.
#include "tools/igvm/common.h"

#include <stdio.h>

static const char usage[] =
	"usage: copra-igvm build --kernel ELF [--firmware FD] [--service PROGRAM:MANIFEST]...\n"
	"                        [--vp-count-max N] [--policy N] -o FILE\n"
	"       copra-igvm measure [--digest] [--native-zero] FILE\n"
	"       copra-igvm show FILE\n"
	"\n"
	"build    lays out kernel, page tables, boot information and firmware for SEV-SNP\n"
	"measure  prints the launch digest of the SEV-SNP platform and what it covers\n"
	"           --digest       the digest alone\n"
	"           --native-zero  for a loader that hands zero pages to the firmware as such\n"
	"show     lists every header, the guest memory that the file fills, and the first vCPU\n";

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"build", command_build},
	{"measure", command_measure},
	{"show", command_show},
};

int main(int argc, char **argv)
{
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(usage, stdout);
		return 0;
	}
	for (size_t i = 0; argc >= 2 && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	fputs(usage, stderr);
	return 2;
}
