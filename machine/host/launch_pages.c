// SPDX-License-Identifier: MIT
// Directives of an IGVM file that fill guest memory.
#include "machine/host/host_plane.h"
#include "machine/host/launch.h"
#include "machine/host/npt.h"
#include "machine/psp/psp.h"

static const char *const type_names[] = {
	[SNP_PAGE_NORMAL] = "normal",
	[SNP_PAGE_VMSA] = "VMSA",
	[SNP_PAGE_ZERO] = "zero",
	[SNP_PAGE_UNMEASURED] = "unmeasured",
	[SNP_PAGE_SECRETS] = "secrets",
	[SNP_PAGE_CPUID] = "CPUID",
};

static uint64_t page_spa(uint64_t gpa)
{
	struct npt_mapping mapping = host_npt_walk(launch_vmsa_gpa(gpa));

	if (mapping.kind != NPT_RAM)
		launch_fail("IGVM file: no memory at GPA 0x%lx", (unsigned long)gpa);
	return mapping.spa;
}

// Memory of the guest may hold what ran before it; a page of the file has exactly the file's bytes.
static void page_write(uint64_t spa, struct bytes data)
{
	uint8_t *page = spa_ptr(spa);
	size_t size = MIN(data.size, (size_t)PAGE_SIZE);

	if (size > 0)
		memcpy(page, data.data, size);
	memset(page + size, 0, PAGE_SIZE - size);
}

static void page_launch(struct launch *launch, uint64_t spa, uint64_t gpa, uint8_t type)
{
	int status = psp_launch_update(spa, gpa, type);

	// The firmware corrected the page: what it left is what it accepts.
	if (status == PSP_INVALID_PARAM && type == SNP_PAGE_CPUID) {
		log_warn("secure processor corrected the CPUID page");
		status = psp_launch_update(spa, gpa, type);
	}
	if (status != PSP_SUCCESS)
		launch_fail("secure processor refuses %s page at GPA 0x%lx: status 0x%x",
			type_names[type], (unsigned long)gpa, (unsigned)status);
	launch->page_count[type]++;
}

static uint8_t page_type(const struct igvm_header *header)
{
	switch (header->u.page.data_type) {
	case IGVM_PAGE_NORMAL:
		return header->u.page.flags & IGVM_PAGE_FLAG_UNMEASURED ? SNP_PAGE_UNMEASURED
									: SNP_PAGE_NORMAL;
	case IGVM_PAGE_SECRETS:
		return SNP_PAGE_SECRETS;
	case IGVM_PAGE_CPUID_DATA:
	case IGVM_PAGE_CPUID_XF:
		return SNP_PAGE_CPUID;
	default:
		launch_fail("IGVM file: page type %u at file offset 0x%lx is unknown",
			header->u.page.data_type, (unsigned long)header->offset);
	}
}

static struct bytes page_part(struct bytes data, uint64_t offset)
{
	if (offset >= data.size)
		return (struct bytes){0};
	return bytes_make(data.data + offset, data.size - offset);
}

void launch_page_data(struct launch *launch, const struct igvm_header *header)
{
	const uint64_t size = igvm_page_size(&header->u.page);
	const bool shared = header->u.page.flags & IGVM_PAGE_FLAG_SHARED;
	const uint8_t type = page_type(header);

	for (uint64_t offset = 0; offset < size; offset += PAGE_SIZE) {
		uint64_t gpa = header->u.page.gpa + offset;
		uint64_t spa = page_spa(gpa);

		page_write(spa, page_part(header->data, offset));
		if (type == SNP_PAGE_NORMAL)
			flash_keep(gpa, page_part(header->data, offset));
		if (shared) {
			launch->shared_count++;
			continue;
		}
		// The host offers its own values, whatever the file's page holds, as QEMU does.
		if (type == SNP_PAGE_CPUID)
			host_cpuid_page(spa_ptr(spa));
		page_launch(launch, spa, gpa, type);
	}
}

void launch_insert(struct launch *launch, const struct igvm_header *header)
{
	const struct launch_area *area =
		launch_area_find(launch, header->u.insert.parameter_area_index);

	for (uint64_t offset = 0; offset < area->size; offset += PAGE_SIZE) {
		uint64_t gpa = header->u.insert.gpa + offset;
		uint64_t spa = page_spa(gpa);

		page_write(spa, bytes_make(area->data + offset, PAGE_SIZE));
		page_launch(launch, spa, gpa, SNP_PAGE_UNMEASURED);
	}
}

static void vmsa_check(const struct vmsa *vmsa, const struct igvm_header *header)
{
	unsigned long at = (unsigned long)header->offset;

	if (vmsa->vmpl != 0)
		launch_fail("IGVM file: the VMSA at file offset 0x%lx is for VMPL %u, must be 0",
			at, vmsa->vmpl);
	if (!(vmsa->sev_features & SEV_FEATURE_SNP_ACTIVE))
		launch_fail(
			"IGVM file: the VMSA at file offset 0x%lx lacks SNP in SEV_FEATURES", at);
	if (!(vmsa->efer & 0x1000)) // EFER.SVME
		launch_fail("IGVM file: the VMSA at file offset 0x%lx lacks EFER.SVME", at);
}

void launch_vp_context(struct launch *launch, const struct igvm_header *header)
{
	const uint16_t index = header->u.vp_context.vp_index;
	const uint64_t gpa = header->u.vp_context.gpa;
	const struct vmsa *vmsa = (const struct vmsa *)header->data.data;
	struct plane *plane;
	uint64_t spa;

	if (index >= cpu_count)
		launch_fail(
			"IGVM file: it starts vCPU %u, QEMU has %u: raise -smp", index, cpu_count);
	if (header->data.size < sizeof(*vmsa))
		launch_fail("IGVM file: the VMSA at file offset 0x%lx is empty",
			(unsigned long)header->offset);
	vmsa_check(vmsa, header);
	spa = page_spa(gpa);
	page_write(spa, header->data);
	page_launch(launch, spa, gpa, SNP_PAGE_VMSA);
	plane = &cpus[index]->plane[0];
	plane->vmsa_gpa = launch_vmsa_gpa(gpa);
	plane->sev_features = vmsa->sev_features;
	plane->present = true;
	plane->runnable = true;
}
