// SPDX-License-Identifier: MIT
// copra-igvm measure: the launch digest and what it covers, as name and value separated by a tab.
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/igvm/digest.h"

// Enough for a file whose every second page is filled, up to 16 MiB of such pages.
#define RUNS_MAX 65536

static void check_overlap(const char *path, const struct igvm_file *file, uint32_t mask)
{
	uint64_t *ends = allocate(RUNS_MAX, sizeof(*ends));
	struct igvm_error error;
	struct rle pages;

	if (!rle_init(&pages, ends, RUNS_MAX, BIT(52)))
		die("the page bitmap is too small");
	if (!igvm_check_overlap(file, mask, &pages, &error))
		die("%s: at offset 0x%" PRIx64 ": %s (0x%" PRIx64 ")", path, error.offset,
			igvm_error_text(error.id), error.value);
	free(ends);
}

static void print_hex(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
}

static void print_counts(const struct digest *digest)
{
	uint64_t measured = digest->pages[SNP_PAGE_NORMAL] + digest->pages[SNP_PAGE_VMSA];
	uint64_t besides = measured - digest->firmware_pages;

	printf("normal_pages\t%" PRIu64 "\n", digest->pages[SNP_PAGE_NORMAL]);
	printf("normal_pages_of_zeros\t%" PRIu64 "\n", digest->zero_pages);
	printf("vmsa_pages\t%" PRIu64 "\n", digest->pages[SNP_PAGE_VMSA]);
	printf("zero_pages\t%" PRIu64 "\n", digest->pages[SNP_PAGE_ZERO]);
	printf("unmeasured_pages\t%" PRIu64 "\n", digest->pages[SNP_PAGE_UNMEASURED]);
	printf("secrets_pages\t%" PRIu64 "\n", digest->pages[SNP_PAGE_SECRETS]);
	printf("cpuid_pages\t%" PRIu64 "\n", digest->pages[SNP_PAGE_CPUID]);
	printf("shared_pages\t%" PRIu64 "\n", digest->shared_pages);
	printf("measured_pages\t%" PRIu64 "\n", measured);
	printf("measured_bytes\t%" PRIu64 "\n", measured * IGVM_PAGE_SIZE);
	printf("measured_bytes_besides_firmware\t%" PRIu64 "\n", besides * IGVM_PAGE_SIZE);
}

// An ID block states the digest that the launch must have.
static void check_id_block(
	const char *path, const struct igvm_file *file, uint32_t mask, const struct digest *digest)
{
	struct igvm_iter iter = igvm_iter_start(file, mask);
	struct igvm_header header;

	while (igvm_next(&iter, &header)) {
		if (header.type != IGVM_SNP_ID_BLOCK)
			continue;
		if (memcmp(header.u.id_block.ld, digest->value, SHA384_SIZE) != 0)
			die("%s: the ID block holds another launch digest", path);
	}
}

int command_measure(int argc, char **argv)
{
	static const struct option names[] = {
		{"digest", no_argument, NULL, 'd'},
		{"native-zero", no_argument, NULL, 'z'},
		{0},
	};
	struct igvm_platform platform;
	struct igvm_file file;
	struct digest digest;
	bool native_zero = false;
	bool digest_only = false;
	int option = 0;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == '?')
			return 2;
		digest_only |= option == 'd';
		native_zero |= option == 'z';
	}
	if (optind + 1 != argc)
		die("measure needs one file");
	igvm_file_open(argv[optind], &file);
	platform = igvm_file_snp(argv[optind], &file);
	check_overlap(argv[optind], &file, platform.compatibility_mask);
	digest_file(&file, platform.compatibility_mask, native_zero, &digest);
	check_id_block(argv[optind], &file, platform.compatibility_mask, &digest);
	if (!digest_only)
		printf("launch_digest\t");
	print_hex(digest.value, sizeof(digest.value));
	if (!digest_only)
		print_counts(&digest);
	return 0;
}
