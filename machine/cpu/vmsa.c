// SPDX-License-Identifier: MIT
// VMSA to VMCB and back, with the checks that VMRUN makes of an SNP guest's VMSA. Source: APM
// volume 2, sections 15.36.12 (VMSA pages), 15.35.4 and table B-4.
#include <stdatomic.h>

#include "hw/x86.h"
#include "lib/string.h"
#include "machine/cpu/processor.h"
#include "machine/host/npt.h"

#define FEATURES_DONE                                                                              \
	(SEV_FEATURE_SNP_ACTIVE | SEV_FEATURE_RESTRICTED_INJECTION | SEV_FEATURE_DEBUG_SWAP)

// clang-format off
#define SAME_FIELDS(X)                                                                             \
	X(es) X(cs) X(ss) X(ds) X(fs) X(gs) X(gdtr) X(ldtr) X(idtr) X(tr) X(cpl) X(efer) X(cr4)    \
	X(cr3) X(cr0) X(dr7) X(dr6) X(rflags) X(rip) X(rsp) X(rax) X(star) X(lstar) X(cstar)       \
	X(sfmask) X(kernel_gs_base) X(sysenter_cs) X(sysenter_esp) X(sysenter_eip) X(cr2)

#define GENERAL_REGISTERS(X)                                                                       \
	X(rbx) X(rcx) X(rdx) X(rsi) X(rdi) X(rbp)                                                  \
	X(r8) X(r9) X(r10) X(r11) X(r12) X(r13) X(r14) X(r15)
// clang-format on

struct vmsa *vmsa_of(struct plane *plane)
{
	return spa_ptr(plane->core.vmsa_spa);
}

bool vmsa_kept_locked(const struct plane *plane)
{
	return !plane->core.vmsa_gone && plane->core.created_seen == plane->created;
}

// Takes the page into use. The RMP decides; the host only named an address.
static bool vmsa_take(struct plane *plane)
{
	struct npt_mapping map = host_npt_walk(plane->vmsa_gpa);
	struct rmp_entry *rmp = rmp_entry_locked(map.spa);
	bool ok;

	if (map.kind != NPT_RAM || !rmp || plane->vmsa_gpa & ~PAGE_MASK)
		return false;
	spin_lock(&rmp_lock);
	ok = rmp->assigned && rmp->validated && rmp->vmsa && !rmp->immutable &&
	     rmp->gfn == plane->vmsa_gpa >> PAGE_SHIFT && !rmp_vmsa_in_use(map.spa);
	if (ok && (plane->core.vmsa_spa != map.spa || !vmsa_kept_locked(plane)))
		fpu_forget(plane);
	if (ok) {
		plane->cpu->vmsa_in_use = map.spa;
		plane->core.vmsa_spa = map.spa;
		plane->core.vmsa_gone = false;
		plane->core.created_seen = plane->created;
	}
	spin_unlock(&rmp_lock);
	if (!ok)
		return false;
	npt_settle(plane->core.vmsa_spa, 1);
	return true;
}

static const char *vmsa_fault(const struct plane *plane, const struct vmsa *vmsa)
{
	if (!(vmsa->efer & EFER_SVME))
		return "EFER.SVME is clear";
	if (vmsa->vmpl != plane->vmpl)
		return "its VMPL is another";
	if (!(vmsa->sev_features & SEV_FEATURE_SNP_ACTIVE))
		return "SEV_FEATURES lacks SNP active";
	if (vmsa->sev_features & ~FEATURES_DONE)
		return "SEV_FEATURES has a feature that this machine refuses";
	if ((vmsa->cr0 & CR0_NW) && !(vmsa->cr0 & CR0_CD))
		return "CR0.NW without CR0.CD";
	if (vmsa->cr0 >> 32 || vmsa->dr6 >> 32 || vmsa->dr7 >> 32)
		return "CR0, DR6 or DR7 has high bits";
	if ((vmsa->cr0 & CR0_PG) && (vmsa->efer & EFER_LME) && !(vmsa->cr4 & CR4_PAE))
		return "long mode without CR4.PAE";
	if ((vmsa->cr0 & CR0_PG) && !(vmsa->cr0 & CR0_PE))
		return "CR0.PG without CR0.PE";
	return NULL;
}

static void vmcb_fill(struct plane *plane, const struct vmsa *vmsa)
{
	struct vmcb_save *save = &plane->core.vmcb->save;

#define LOAD(field) save->field = vmsa->field;
	SAME_FIELDS(LOAD)
#undef LOAD
#define LOAD(field) plane->core.regs.field = vmsa->field;
	GENERAL_REGISTERS(LOAD)
#undef LOAD
	plane->core.sev_features = vmsa->sev_features;
	plane->core.vmcb->control.int_state = 0; // not kept over an exit, see docs/caveats.md
}

bool vmsa_load(struct plane *plane)
{
	struct vmsa *vmsa;
	const char *fault;

	if (!vmsa_take(plane)) {
		log_warn("VMRUN of CPU %u VMPL%u: the page at GPA 0x%lx is no VMSA, or in use",
			plane->cpu->index, plane->vmpl, plane->vmsa_gpa);
		return false;
	}
	vmsa = vmsa_of(plane);
	fault = vmsa_fault(plane, vmsa);
	if (fault) {
		log_warn("VMRUN of CPU %u VMPL%u: VMSA at GPA 0x%lx: %s (features 0x%lx, EFER "
			 "0x%lx)",
			plane->cpu->index, plane->vmpl, plane->vmsa_gpa, fault, vmsa->sev_features,
			vmsa->efer);
		plane->cpu->vmsa_in_use = 0;
		return false;
	}
	vmcb_fill(plane, vmsa);
	return true;
}

void vmsa_save(struct plane *plane, const struct vmexit *exit)
{
	const struct vmcb_save *save = &plane->core.vmcb->save;
	struct vmsa *vmsa = vmsa_of(plane);

#define STORE(field) vmsa->field = save->field;
	SAME_FIELDS(STORE)
#undef STORE
#define STORE(field) vmsa->field = plane->core.regs.field;
	GENERAL_REGISTERS(STORE)
#undef STORE
	vmsa->efer |= EFER_SVME;
	vmsa->guest_exit_code = exit->code;
	vmsa->guest_exit_info_1 = exit->info_1;
	vmsa->guest_exit_info_2 = exit->info_2;
	vmsa->guest_nrip = save->rip;
	atomic_store(&plane->cpu->vmsa_in_use, 0);
}
