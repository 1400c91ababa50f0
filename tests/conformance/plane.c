// SPDX-License-Identifier: MIT
// Small programs at VMPL1 to 3 of the boot CPU: functions of this image, in the same address space,
// with a GHCB, a stack and per-CPU data of their own.
#include "tests/conformance/plane.h"

#include "lib/string.h"

extern const uint8_t image_start[], image_end[]; // bare.ld

static void (*plane_job)(void);
static bool image_granted[VMPL_COUNT];

static void plane_main(void)
{
	for (;;) {
		plane_job();
		ghcb_msr(GHCB_MSR_RUN_VMPL_REQ);
	}
}

void plane_grant_image(unsigned vmpl)
{
	if (image_granted[vmpl])
		return;
	for (const uint8_t *page = image_start; page < image_end; page += PAGE_SIZE)
		if (rmpadjust((uint64_t)page, 0, RMPADJUST_RDX(vmpl, RMP_PERM_RWX)).code)
			report_abort("image page %p cannot be granted to VMPL%u", page, vmpl);
	image_granted[vmpl] = true;
}

struct vmsa *vmsa_new(uint64_t gpa, unsigned vmpl)
{
	struct vmsa *vmsa = private_ptr(gpa);
	uint32_t index = PLANE_CPU(vmpl);

	need_valid(gpa);
	bare_cpu_init(index, 0, BARE_GHCB_GPA(index));
	need_shared(BARE_GHCB_GPA(index));
	bare_vmsa_fill(vmsa, index, (uint8_t)vmpl, SEV_FEATURE_SNP_ACTIVE);
	bare_cpus[index].main = plane_main;
	return vmsa;
}

void vmsa_seal(uint64_t gpa)
{
	struct rmp_result r = rmpadjust(gpa, 0, RMPADJUST_RDX(1, 0) | RMPADJUST_VMSA);

	if (r.code)
		report_abort("page 0x%lx cannot become a VMSA: %u", gpa, r.code);
}

void plane_create_with(unsigned vmpl, uint64_t vmsa_gpa, uint64_t features)
{
	plane_grant_image(vmpl);
	vmsa_new(vmsa_gpa, vmpl)->sev_features = features;
	vmsa_seal(vmsa_gpa);
	if (ghcb_ap_creation(0, vmpl, AP_CREATE_ON_INIT, vmsa_gpa, features).info_1)
		report_abort("VMPL%u cannot be created", vmpl);
}

void plane_create(unsigned vmpl)
{
	plane_create_with(vmpl, PLANE_VMSA_GPA(vmpl), SEV_FEATURE_SNP_ACTIVE);
}

bool plane_run(unsigned vmpl, void (*job)(void))
{
	plane_job = job;
	return ghcb_msr((uint64_t)vmpl << 32 | GHCB_MSR_RUN_VMPL_REQ) == GHCB_MSR_RUN_VMPL_RESP;
}
