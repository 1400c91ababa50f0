// SPDX-License-Identifier: MIT
#include "tools/igvm/build_options.h"

#include <getopt.h>
#include <stdlib.h>

#include "tools/igvm/common.h"

static uint64_t parse_u64(const char *text, const char *what)
{
	char *end = NULL;
	unsigned long long value = strtoull(text, &end, 0);

	if (*text == '\0' || *text == '-' || *end != '\0')
		die("%s: not a number: %s", what, text);
	return value;
}

void build_options_parse(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{"kernel", required_argument, NULL, 'k'},
		{"firmware", required_argument, NULL, 'f'},
		{"service", required_argument, NULL, 's'},
		{"vp-count-max", required_argument, NULL, 'n'},
		{"policy", required_argument, NULL, 'p'},
		{"output", required_argument, NULL, 'o'},
		{0},
	};
	int option = 0;

	*options = (struct options){.policy = 0x30000};
	while ((option = getopt_long(argc, argv, "o:", names, NULL)) != -1) {
		switch (option) {
		case 'k':
			options->kernel = optarg;
			break;
		case 'f':
			options->firmware = optarg;
			break;
		case 's':
			if (options->service_count == BOOT_SERVICES_MAX)
				die("more than %d services", BOOT_SERVICES_MAX);
			options->services[options->service_count++] = optarg;
			break;
		case 'n':
			options->vp_count_max = parse_u64(optarg, "--vp-count-max");
			break;
		case 'p':
			options->policy = parse_u64(optarg, "--policy");
			break;
		case 'o':
			options->output = optarg;
			break;
		default:
			exit(2);
		}
	}
	if (optind != argc || options->kernel == NULL || options->output == NULL)
		die("build needs --kernel ELF and -o FILE, and nothing else");
}
