// SPDX-License-Identifier: MIT
#include "kernel/snp/vmsa_page.h"

#include "kernel/bootinfo.h"
#include "kernel/layout.h"
#include "kernel/page.h"
#include "kernel/pagetable.h"
#include "kernel/percpu.h"
#include "kernel/section.h"

static gpa_t pages[CPUS_MAX] RO_AFTER_INIT;

// No deeper than the region has 2 MiB boundaries: eight.
// NOLINTNEXTLINE(misc-no-recursion)
struct vmsa *vmsa_page_alloc(void)
{
	void *page = page_alloc();

	if (page == NULL || !IS_ALIGNED((uint64_t)page, HUGE_PAGE_SIZE))
		return page;
	struct vmsa *other = vmsa_page_alloc();

	page_free(page);
	return other;
}

enum error vmsa_pages_prepare(uint32_t cpu_count)
{
	for (uint32_t i = 0; i < cpu_count; i++) {
		struct vmsa *vmsa = vmsa_page_alloc();

		if (vmsa == NULL)
			return ERR_NO_MEMORY;
		pagetable_unmap(vmsa);
		pages[i] = kernel_gpa(vmsa);
	}
	return OK;
}

gpa_t vmsa_page(uint32_t index)
{
	return pages[index];
}
