// SPDX-License-Identifier: MIT
// Runs in which the architecture or the host stops the VM. tests/list has the
// reason that machine.log must show for each.
#include "tests/bare/groups.h"
#include "tests/conformance/plane.h"

#define TARGET (REGION(20) + 0x1000)
#define PLANE  2

static void job_read(void)
{
	try_read(private_ptr(TARGET));
}

static void job_write(void)
{
	try_write(private_ptr(TARGET), 1);
}

static void job_fetch(void)
{
	this_cpu()->try_call = TARGET;
	trap_try_call(TARGET);
}

// VMPL2 has only the permissions `perms` for the page.
static void with_permissions(unsigned perms, void (*job)(void))
{
	plane_create(PLANE);
	need_valid(TARGET);
	rmpadjust(TARGET, 0, RMPADJUST_RDX(PLANE, perms));
	plane_run(PLANE, job);
}

static void read_denied(void)
{
	with_permissions(0, job_read);
}

static void write_denied(void)
{
	with_permissions(RMP_PERM_R, job_write);
}

static void fetch_denied(void)
{
	with_permissions(RMP_PERM_R | RMP_PERM_W, job_fetch);
}

// VMPL2 has read the page before: nothing that it or the processor keeps of that may count.
static void read_revoked(void)
{
	with_permissions(RMP_PERM_R, job_read);
	if (trap_taken().vector != TRAP_NONE)
		report_abort("VMPL2 cannot read a page that it may read");
	rmpadjust(TARGET, 0, RMPADJUST_RDX(PLANE, 0));
	plane_run(PLANE, job_read);
}

static void shared_read(void)
{
	need_valid(TARGET);
	try_read(shared_ptr(TARGET));
}

static void private_device(void)
{
	try_read(private_ptr(0xfed00000));
}

static void pvalidate_device(void)
{
	pvalidate(0xfed00000, 0, 1);
}

static void terminate(void)
{
	ghcb_msr(GHCB_MSR_TERMINATE_REQ | 5 << 12 | 7 << 16);
}

static void terminate_ghcb(void)
{
	ghcb_exit(ghcb_begin(), GHCB_EXIT_TERMINATE, 2 << 4, 0); // reason 2 of set 0
}

static void unsupported(void)
{
	ghcb_exit(ghcb_begin(), GHCB_EXIT_UNSUPPORTED, VMEXIT_CPUID, 0);
}

static void triple_fault(void)
{
	const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) empty = {0, 0};

	__asm__ volatile("lidt %0; ud2" ::"m"(empty));
}

// A VMSA that VMRUN refuses
static void vmsa_bad(void (*spoil)(struct vmsa *vmsa), bool seal)
{
	struct vmsa *vmsa = vmsa_new(TARGET, PLANE);

	plane_grant_image(PLANE);
	if (spoil)
		spoil(vmsa);
	if (seal)
		vmsa_seal(TARGET);
	ghcb_ap_creation(0, PLANE, AP_CREATE_ON_INIT, TARGET, SEV_FEATURE_SNP_ACTIVE);
	ghcb_msr((uint64_t)PLANE << 32 | GHCB_MSR_RUN_VMPL_REQ);
}

static void spoil_efer(struct vmsa *vmsa)
{
	vmsa->efer &= ~(uint64_t)EFER_SVME;
}

static void spoil_vmpl(struct vmsa *vmsa)
{
	vmsa->vmpl = 0;
}

static void spoil_snp(struct vmsa *vmsa)
{
	vmsa->sev_features = 0;
}

static void spoil_feature(struct vmsa *vmsa)
{
	vmsa->sev_features |= SEV_FEATURE_SECURE_TSC;
}

static void spoil_cr0(struct vmsa *vmsa)
{
	vmsa->cr0 |= 1ull << 40;
}

static void vmsa_efer(void)
{
	vmsa_bad(spoil_efer, true);
}

static void vmsa_vmpl(void)
{
	vmsa_bad(spoil_vmpl, true);
}

static void vmsa_snp(void)
{
	vmsa_bad(spoil_snp, true);
}

static void vmsa_feature(void)
{
	vmsa_bad(spoil_feature, true);
}

static void vmsa_cr0(void)
{
	vmsa_bad(spoil_cr0, true);
}

static void vmsa_plain_page(void)
{
	vmsa_bad(NULL, false);
}

_Noreturn void stop_case(const char *name)
{
	static const struct group cases[] = {
		{"read-denied", read_denied},
		{"read-revoked", read_revoked},
		{"write-denied", write_denied},
		{"fetch-denied", fetch_denied},
		{"shared-read", shared_read},
		{"private-device", private_device},
		{"pvalidate-device", pvalidate_device},
		{"terminate", terminate},
		{"terminate-ghcb", terminate_ghcb},
		{"unsupported", unsupported},
		{"triple-fault", triple_fault},
		{"vmsa-efer", vmsa_efer},
		{"vmsa-vmpl", vmsa_vmpl},
		{"vmsa-snp", vmsa_snp},
		{"vmsa-feature", vmsa_feature},
		{"vmsa-cr0", vmsa_cr0},
		{"vmsa-plain-page", vmsa_plain_page},
	};

	group_stop(cases, ARRAY_SIZE(cases), name);
}
