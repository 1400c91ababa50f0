// SPDX-License-Identifier: MIT
// The reader of OVMF's metadata. The input is the end of the image, where the tables are; zeros
// fill it up to whole pages.
#include <stdlib.h>
#include <string.h>

#include "lib/ovmf.h"
#include "tests/fuzz/fuzz.h"

#define PAGE	 4096ull
#define FOUR_GIB (1ull << 32)

static bool is_prevalidated(const struct ovmf_info *info, struct ovmf_range range)
{
	for (size_t i = 0; i < info->prevalidate_count; i++) {
		const struct ovmf_range *p = &info->prevalidate[i];

		if (range.gpa >= p->gpa && range.gpa + range.size <= p->gpa + p->size)
			return true;
	}
	return range.size == 0;
}

static void check_prevalidate(const struct ovmf_info *info)
{
	uint64_t last_end = 0;

	FUZZ_CHECK(info->prevalidate_count <= OVMF_RANGES_MAX);
	for (size_t i = 0; i < info->prevalidate_count; i++) {
		const struct ovmf_range *p = &info->prevalidate[i];

		FUZZ_CHECK(p->size > 0 && (p->gpa | p->size) % PAGE == 0);
		FUZZ_CHECK(i == 0 || p->gpa > last_end); // sorted, and joined where they touch
		FUZZ_CHECK(p->gpa + p->size <= info->image.gpa);
		last_end = p->gpa + p->size;
	}
}

static void check_info(const struct ovmf_info *info, uint64_t image_size)
{
	FUZZ_CHECK(info->image.size == image_size && info->image.gpa == FOUR_GIB - image_size);
	FUZZ_CHECK(info->has_sev_metadata);
	FUZZ_CHECK(info->secrets.size == PAGE && info->secrets.gpa % PAGE == 0);
	FUZZ_CHECK(info->cpuid.size == PAGE && info->cpuid.gpa % PAGE == 0);
	FUZZ_CHECK(info->caa.size == PAGE && info->caa.gpa % PAGE == 0);
	FUZZ_CHECK(info->secrets.gpa != info->cpuid.gpa && info->secrets.gpa != info->caa.gpa &&
		   info->cpuid.gpa != info->caa.gpa);
	check_prevalidate(info);
	FUZZ_CHECK(is_prevalidated(info, info->secrets) && is_prevalidated(info, info->cpuid) &&
		   is_prevalidated(info, info->caa) && is_prevalidated(info, info->kernel_hashes) &&
		   is_prevalidated(info, info->hob_area));
	// What the SVSM writes for the firmware lies in memory that it validates.
	FUZZ_CHECK(
		is_prevalidated(info, info->memory_map) && is_prevalidated(info, info->vp_count));
	FUZZ_CHECK(info->vp_count.size == 0 || info->vp_count.size >= sizeof(uint32_t));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t image_size = MAX(ALIGN_UP((uint64_t)size, PAGE), PAGE);
	uint8_t *image = calloc(image_size, 1);
	struct ovmf_error error;
	struct ovmf_info info;

	FUZZ_CHECK(image != NULL);
	if (size > 0)
		memcpy(image + image_size - size, data, size);
	if (ovmf_parse(bytes_make(image, image_size), &info, &error))
		check_info(&info, image_size);
	else
		FUZZ_CHECK(error.id > OVMF_OK && error.id < OVMF_ERR_COUNT &&
			   error.offset <= image_size);
	FUZZ_CHECK(ovmf_error_text(error.id) != NULL);
	free(image);
	return 0;
}
