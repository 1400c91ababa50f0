// SPDX-License-Identifier: MIT
// Memory under the pages that the IGVM file names: guest RAM, or else (firmware below 4 GiB, the
// VMSA page) memory of the machine. Done before the first page is loaded, so that the memory map
// that the guest gets is complete wherever in the file it is asked for.
#include "machine/host/launch.h"

#define VMSA_PAGE   (SNP_VMSA_GPA >> PAGE_SHIFT)
#define GUEST_PAGES (CBIT >> PAGE_SHIFT)

// KVM gives the first VMSA an address that no guest here can have. The page is where the bits that
// there are point to; the launch digest is made with the whole address.
uint64_t launch_vmsa_gpa(uint64_t gpa)
{
	return gpa & (CBIT - 1);
}

static void back(uint64_t page, uint64_t count)
{
	if (!host_back(page << PAGE_SHIFT, count << PAGE_SHIFT))
		launch_fail("IGVM file: no memory can be put at GPA 0x%lx, %lu KiB: a device is "
			    "there, or the machine needs a larger QEMU -m",
			(unsigned long)(page << PAGE_SHIFT), (unsigned long)(count << 2));
}

static void vmsa_back(const struct launch *launch)
{
	uint64_t page = launch_vmsa_gpa(SNP_VMSA_GPA) >> PAGE_SHIFT;

	if (rle_get(&launch->pages, page))
		launch_fail("IGVM file: GPA 0x%lx is taken by the boot CPU's VMSA page",
			(unsigned long)(page << PAGE_SHIFT));
	back(page, 1);
}

static void run_back(const struct launch *launch, struct rle_run run)
{
	if (run.start == VMSA_PAGE && run.size == 1) {
		vmsa_back(launch);
		return;
	}
	if (!range_fits(run.start, run.size, GUEST_PAGES))
		launch_fail("IGVM file: GPA 0x%lx is beyond the guest's %d address bits",
			(unsigned long)(MAX(run.start, GUEST_PAGES) << PAGE_SHIFT),
			GUEST_PHYS_BITS);
	back(run.start, run.size);
}

static void required_add(struct launch *launch)
{
	struct igvm_iter iter = igvm_iter_start(&launch->file, launch->platform.compatibility_mask);
	struct igvm_header header;

	while (igvm_next(&iter, &header)) {
		uint64_t bytes;

		if (header.type != IGVM_REQUIRED_MEMORY)
			continue;
		bytes = ALIGN_UP((uint64_t)header.u.required.number_of_bytes, PAGE_SIZE);
		if (!rle_set(&launch->pages, header.u.required.gpa >> PAGE_SHIFT,
			    bytes >> PAGE_SHIFT, true))
			launch_fail("IGVM file: required memory at GPA 0x%lx (file offset 0x%lx) "
				    "cannot be noted",
				(unsigned long)header.u.required.gpa, (unsigned long)header.offset);
	}
}

void launch_back(struct launch *launch)
{
	struct rle_run run = {0};

	required_add(launch);
	for (uint64_t at = 0; rle_next(&launch->pages, at, true, &run); at = run.start + run.size)
		run_back(launch, run);
}
