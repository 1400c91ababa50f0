// SPDX-License-Identifier: MIT
// copra-igvm build: any ELF file as the kernel. What it writes is read again by the IGVM reader,
// and has to be what abi/boot.h promises.
#include <string.h>

#include "abi/boot.h"
#include "lib/igvm.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tool.h"
#include "tools/igvm/common.h"

#define RUNS 16384

static bool is_filled(const struct rle *pages, uint64_t gpa, uint64_t size)
{
	return gpa % IGVM_PAGE_SIZE == 0 &&
	       rle_all(pages, gpa / IGVM_PAGE_SIZE,
		       ALIGN_UP(size, (uint64_t)IGVM_PAGE_SIZE) / IGVM_PAGE_SIZE, true);
}

// Its first word stands at the start of one page of the file's data, if there is one.
static bool find_info(const struct igvm_file *file, struct boot_info *info)
{
	struct igvm_iter iter = igvm_iter_start(file, UINT32_MAX);
	struct igvm_header header;

	while (igvm_next(&iter, &header)) {
		if (header.type == IGVM_PAGE_DATA &&
			bytes_read(header.data, 0, info, sizeof(*info)) &&
			info->magic == BOOT_INFO_MAGIC && info->size == sizeof(*info) &&
			info->region.gpa == KERNEL_GPA)
			return true;
	}
	return false;
}

static void check_info(const struct boot_info *info, const struct rle *pages)
{
	uint64_t end = KERNEL_GPA + KERNEL_REGION_SIZE;

	FUZZ_CHECK(info->version == BOOT_INFO_VERSION && info->region.size == KERNEL_REGION_SIZE);
	FUZZ_CHECK(info->heap_gpa > KERNEL_GPA && info->heap_gpa <= end);
	FUZZ_CHECK(rle_count_range(pages, info->heap_gpa / IGVM_PAGE_SIZE,
			   (end - info->heap_gpa) / IGVM_PAGE_SIZE, true) == 0);
	FUZZ_CHECK(is_filled(pages, info->cpuid_gpa, 1) && is_filled(pages, info->secrets_gpa, 1) &&
		   is_filled(pages, info->general_gpa, 1) &&
		   is_filled(pages, info->memory_map.gpa, info->memory_map.size) &&
		   is_filled(pages, info->madt.gpa, info->madt.size));
	FUZZ_CHECK(is_filled(pages, info->tables_gpa, info->tables_end_gpa - info->tables_gpa));
	FUZZ_CHECK(info->ksyms.size == 0 || is_filled(pages, info->ksyms.gpa, info->ksyms.size));
	FUZZ_CHECK(info->segment_count > 0 && info->segment_count <= BOOT_SEGMENTS_MAX);
	for (uint64_t i = 0; i < info->segment_count; i++) {
		const struct boot_segment *s = &info->segments[i];

		FUZZ_CHECK(is_filled(pages, s->va - KERNEL_VA + KERNEL_GPA, s->size));
		FUZZ_CHECK((s->flags & (BOOT_SEGMENT_W | BOOT_SEGMENT_X)) !=
			   (BOOT_SEGMENT_W | BOOT_SEGMENT_X));
	}
}

static void check_file(struct bytes bytes)
{
	static uint64_t ends[RUNS];
	struct igvm_platform platform;
	struct igvm_error error;
	struct igvm_file file;
	struct boot_info info;
	struct rle pages;

	FUZZ_CHECK(igvm_open(bytes, &file, &error));
	FUZZ_CHECK(igvm_find_platform(&file, IGVM_PLATFORM_SEV_SNP, &platform));
	FUZZ_CHECK(rle_init(&pages, ends, RUNS, BIT(52)));
	FUZZ_CHECK(igvm_check_overlap(&file, platform.compatibility_mask, &pages, &error));
	FUZZ_CHECK(find_info(&file, &info));
	check_info(&info, &pages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const build[] = {"build", "--kernel", "%FILE", "-o", "out.igvm"};
	int status = tool_run(command_build, 5, build, data, size);
	struct bytes written = {0};

	FUZZ_CHECK(status <= 0);
	written.data = tool_written(&written.size);
	FUZZ_CHECK((status == 0) == (written.size > 0));
	if (status == 0)
		check_file(written);
	return 0;
}
