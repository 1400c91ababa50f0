// SPDX-License-Identifier: MIT
#include "kernel/cpuid.h"

#include "kernel/bootinfo.h"

const struct snp_cpuid_page *cpuid_page(void)
{
	return bootinfo_ptr(bootinfo()->cpuid_gpa);
}

const struct snp_cpuid_entry *cpuid_find(uint32_t leaf, uint32_t subleaf)
{
	const struct snp_cpuid_page *page = cpuid_page();
	uint32_t count = MIN(page->count, (uint32_t)SNP_CPUID_ENTRIES_MAX);

	for (uint32_t i = 0; i < count; i++) {
		if (page->entry[i].eax_in == leaf && page->entry[i].ecx_in == subleaf)
			return &page->entry[i];
	}
	return NULL;
}
