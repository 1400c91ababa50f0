// SPDX-License-Identifier: MIT
// Symbolised stack traces. Everything read here may be damaged, so every step is checked.
#include "kernel/bootinfo.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/panic.h"

#define BACKTRACE_DEPTH_MAX 24

// The stacks of this CPU, within which alone a frame pointer is followed.
static const struct {
	uint64_t bottom;
	uint64_t top;
} stacks[] = {
	{PERCPU_PAGE(STACK_MAIN_PAGE), STACK_MAIN_TOP},
	{PERCPU_PAGE(STACK_VC_PAGE), STACK_VC_TOP},
	{PERCPU_PAGE(STACK_HV_PAGE), STACK_HV_TOP},
	{PERCPU_PAGE(STACK_DF_PAGE), STACK_DF_TOP},
	{PERCPU_PAGE(STACK_NMI_PAGE), STACK_NMI_TOP},
};

static bool frame_is_readable(uint64_t rbp)
{
	if (!IS_ALIGNED(rbp, 8))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++) {
		if (rbp >= stacks[i].bottom && rbp <= stacks[i].top - 16)
			return true;
	}
	return false;
}

const char *ksym_find(uint64_t address, uint64_t *offset)
{
	const struct boot_info *info = bootinfo();

	if (info == NULL || info->ksyms.size == 0 || address < KERNEL_VA)
		return NULL;
	const struct boot_ksym *table = bootinfo_ptr(info->ksyms.gpa);
	uint64_t target = address - KERNEL_VA;
	size_t count = info->ksyms.size / sizeof(*table);
	const struct boot_ksym *best = NULL;

	for (size_t i = 0; i < count && table[i].name_offset != 0; i++) {
		if (table[i].offset > target)
			break;
		best = &table[i];
	}
	if (best == NULL || best->name_offset >= info->ksyms.size)
		return NULL;
	*offset = target - best->offset;
	return (const char *)table + best->name_offset;
}

static void backtrace_log_one(unsigned int depth, uint64_t address)
{
	uint64_t offset = 0;
	// The return address may be the first byte after a function that never returns.
	const char *name = ksym_find(depth == 0 ? address : address - 1, &offset);

	if (name == NULL)
		log_error("  #%u 0x%016lx", depth, address);
	else
		log_error("  #%u 0x%016lx %s+0x%lx", depth, address, name,
			depth == 0 ? offset : offset + 1);
}

void backtrace_log(uint64_t rip, uint64_t rbp)
{
	backtrace_log_one(0, rip);
	for (unsigned int depth = 1; depth < BACKTRACE_DEPTH_MAX; depth++) {
		if (!frame_is_readable(rbp))
			return;
		const uint64_t *frame = (const uint64_t *)rbp;

		if (frame[1] < KERNEL_VA)
			return;
		backtrace_log_one(depth, frame[1]);
		// Frames lie further up on the way out; anything else is a loop.
		if (frame[0] <= rbp)
			return;
		rbp = frame[0];
	}
}
