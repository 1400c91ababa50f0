// SPDX-License-Identifier: MIT
#include "kernel/bootinfo.h"

#include "kernel/layout.h"
#include "kernel/terminate.h"

static const struct boot_info *boot_info;

const struct boot_info *bootinfo(void)
{
	return boot_info;
}

// The builder is part of what is measured, so this finds mistakes, not attacks.
static bool bootinfo_is_sound(const struct boot_info *info)
{
	if (info->magic != BOOT_INFO_MAGIC || info->version != BOOT_INFO_VERSION ||
		info->size != sizeof(*info))
		return false;
	if (info->region.gpa != KERNEL_GPA || !IS_ALIGNED(info->region.size, HUGE_PAGE_SIZE))
		return false;
	if (!IS_ALIGNED(info->heap_gpa, PAGE_SIZE) || info->heap_gpa <= info->region.gpa ||
		info->heap_gpa >= info->region.gpa + info->region.size)
		return false;
	if (info->segment_count > BOOT_SEGMENTS_MAX)
		return false;
	return info->firmware.prevalidate_count <= BOOT_PREVALIDATE_MAX;
}

void bootinfo_init(const struct boot_info *info)
{
	if (!bootinfo_is_sound(info))
		terminate_now(TERMINATE_BOOT_INFO);
	boot_info = info;
}
