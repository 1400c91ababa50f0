// SPDX-License-Identifier: MIT
// copra-igvm show and measure, as a whole, on a file: the input is one for the IGVM reader
// (fuzz_igvm.c), with sizes and checksum put right. Each ends with a result or a message.
#include <string.h>

#include "lib/crc32.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tool.h"
#include "tools/igvm/common.h"

#define PAGES_MAX 4
#define FILE_MAX  (64 * 1024)

static uint8_t file[FILE_MAX + PAGES_MAX * IGVM_PAGE_SIZE];

static void put_right(size_t size)
{
	struct igvm_fixed_header fixed;
	size_t head = sizeof(fixed);

	if (size < sizeof(struct igvm_fixed_header_v2))
		return;
	memcpy(&fixed, file, sizeof(fixed));
	fixed.magic = IGVM_MAGIC;
	fixed.total_file_size = (uint32_t)size;
	fixed.checksum = 0;
	memcpy(file, &fixed, sizeof(fixed));
	if (fixed.format_version == IGVM_VERSION_2)
		head = sizeof(struct igvm_fixed_header_v2);
	if (!range_fits(fixed.variable_header_offset, fixed.variable_header_size, size))
		return;
	fixed.checksum = crc32_update(crc32_update(0, file, head),
		file + fixed.variable_header_offset, fixed.variable_header_size);
	memcpy(file, &fixed, sizeof(fixed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const show[] = {"show", "%FILE"};
	static const char *const measure[] = {"measure", "%FILE"};
	static const char *const zeros[] = {"measure", "--digest", "--native-zero", "%FILE"};
	struct input input = {data, size};
	size_t pages = (size_t)input_below(&input, PAGES_MAX + 1);
	size_t head = MIN(input.size, (size_t)FILE_MAX);
	size_t total = head + pages * IGVM_PAGE_SIZE;

	memset(file, 0, sizeof(file));
	input_fill(&input, file, head);
	put_right(total);
	int shown = tool_run(command_show, 2, show, file, total);
	int measured = tool_run(command_measure, 2, measure, file, total);

	FUZZ_CHECK(shown <= 0 && measured <= 0);
	FUZZ_CHECK(shown == 0 || measured != 0); // what cannot be read cannot be measured
	FUZZ_CHECK(tool_run(command_measure, 4, zeros, file, total) <= 0);
	return 0;
}
