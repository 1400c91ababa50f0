// SPDX-License-Identifier: MIT
#include "kernel/native/loader/loader.h"

#define LEAF_EXTENDED 0x80000000u

// What the kernel and tests of it may look for; subleaf 0 of each.
static const uint32_t leaves[] = {0, 1, 7, 0xd, LEAF_EXTENDED, 0x80000001, 0x80000008};

static struct snp_cpuid_entry cpuid_run(uint32_t leaf)
{
	struct snp_cpuid_entry entry = {.eax_in = leaf};

	__asm__ volatile("cpuid"
			 : "=a"(entry.eax), "=b"(entry.ebx), "=c"(entry.ecx), "=d"(entry.edx)
			 : "a"(leaf), "c"(0));
	return entry;
}

void cpuid_fill(struct snp_cpuid_page *page)
{
	for (size_t i = 0; i < ARRAY_SIZE(leaves); i++) {
		uint32_t range = leaves[i] & LEAF_EXTENDED;

		if (leaves[i] <= cpuid_run(range).eax)
			page->entry[page->count++] = cpuid_run(leaves[i]);
	}
}
