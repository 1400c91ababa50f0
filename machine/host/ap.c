// SPDX-License-Identifier: MIT
// SNP AP creation: the host is told a VMSA for a plane of any vCPU. It only passes the request on;
// whether the page is a VMSA with these features is the processor's to check at VMRUN. Source: AMD
// document 56421, section 4.1.9; rejections as KVM's.
#include "machine/host/ghcb.h"

#define REQUEST_WAIT_US 2000000 // a CPU that a debugger holds does not answer
#define WAKING_US	50000	// for what follows AP reset hold, see hold_end()

// What the machine's processor implements. Others are refused, never ignored.
#define FEATURES_SUPPORTED                                                                         \
	(SEV_FEATURE_SNP_ACTIVE | SEV_FEATURE_RESTRICTED_INJECTION | SEV_FEATURE_DEBUG_SWAP)

static const char *features_problem(uint64_t features)
{
	const uint64_t both = SEV_FEATURE_RESTRICTED_INJECTION | SEV_FEATURE_ALTERNATE_INJECTION;

	if (!(features & SEV_FEATURE_SNP_ACTIVE))
		return "SEV features without SNP";
	if ((features & both) == both)
		return "restricted and alternate injection at once";
	if (features & ~FEATURES_SUPPORTED)
		return "SEV features that the machine does not have";
	return NULL;
}

static const char *vmsa_problem(uint64_t vmsa_gpa)
{
	if (vmsa_gpa & ~PAGE_MASK)
		return "VMSA address is not page-aligned";
	if (vmsa_gpa >> GUEST_PHYS_BITS)
		return "VMSA address is beyond the guest's memory";
	// KVM refuses these because of an erratum of the first SNP processors
	if (!(vmsa_gpa & ~LARGE_PAGE_MASK))
		return "VMSA address is 2 MiB aligned";
	return NULL;
}

// The guest frees or reuses the old VMSA next, and the processor refuses that while the page is in
// use: the request is done when the target's CPU has honoured it. Two CPUs may wait for each other.
static void wait_honoured(struct cpu *self, struct cpu *target, unsigned vmpl)
{
	struct host_plane *host = host_plane(&target->plane[vmpl]);
	uint64_t start = time_us();

	while (__atomic_load_n(&target->create[vmpl].valid, __ATOMIC_ACQUIRE)) {
		uint64_t waited = time_us() - start;

		if (waited > REQUEST_WAIT_US)
			return;
		if (waited > WAKING_US &&
			__atomic_exchange_n(&host->waking, false, __ATOMIC_SEQ_CST))
			cpu_kick(target);
		host_mailbox(self);
		__asm__ volatile("pause");
	}
}

// The newest request counts, but one before it that was not honoured yet still ends what ran, and
// still resets. A more privileged plane starts a vCPU as after RESET; of its own level's a guest
// keeps the APIC and all else that is not in the VMSA, as under KVM.
static void request_post(struct cpu *target, const struct plane *caller, unsigned vmpl,
	unsigned request, uint64_t vmsa_gpa, uint64_t features)
{
	bool reset = caller->vmpl < vmpl;

	spin_lock(&host_lock);
	target->create[vmpl].vmsa_gpa = vmsa_gpa;
	target->create[vmpl].sev_features = features;
	target->create[vmpl].destroy = request == AP_DESTROY;
	target->create[vmpl].on_init = request == AP_CREATE_ON_INIT;
	target->create[vmpl].at_once |= reset || request == AP_DESTROY;
	target->create[vmpl].reset |= reset;
	target->create[vmpl].valid = true;
	spin_unlock(&host_lock);
}

uint64_t host_ap_creation(struct plane *caller, uint32_t apic_id, unsigned vmpl, unsigned request,
	uint64_t vmsa_gpa, uint64_t features)
{
	struct cpu *target = host_cpu_by_apic_id(apic_id);
	const char *problem = NULL;

	if (!target)
		problem = "no such APIC id";
	else if (vmpl >= VMPL_COUNT || vmpl < caller->vmpl)
		problem = "VMPL is more privileged than the caller, or does not exist";
	else if (request > AP_DESTROY)
		problem = "unknown request";
	else if (request != AP_DESTROY)
		problem = features_problem(features);
	if (!problem && request != AP_DESTROY)
		problem = vmsa_problem(vmsa_gpa);
	if (problem) {
		log_warn("cpu%u VMPL%u: AP creation refused (APIC id %u, VMPL%u, VMSA 0x%lx, "
			 "features 0x%lx): %s",
			caller->cpu->index, caller->vmpl, apic_id, vmpl, vmsa_gpa, features,
			problem);
		return GHCB_ERR_INVALID_INPUT;
	}
	request_post(target, caller, vmpl, request, vmsa_gpa, features);
	if (target == caller->cpu)
		return 0;
	cpu_kick(target);
	if (request != AP_CREATE_ON_INIT || caller->vmpl < vmpl)
		wait_honoured(caller->cpu, target, vmpl);
	return 0;
}

void host_init_ipi(struct cpu *target, unsigned vmpl)
{
	struct plane *plane = &target->plane[vmpl];
	bool started = true;

	spin_lock(&host_lock);
	if (!target->create[vmpl].valid && plane->create_on_init && !plane->runnable) {
		target->create[vmpl].vmsa_gpa = plane->vmsa_gpa;
		target->create[vmpl].sev_features = plane->sev_features;
		target->create[vmpl].destroy = false;
		target->create[vmpl].valid = true;
	} else if (!target->create[vmpl].valid) {
		started = false;
	}
	if (started)
		target->create[vmpl].on_init = false;
	spin_unlock(&host_lock);
	if (started)
		cpu_kick(target);
	else
		log_warn("INIT to cpu%u VMPL%u ignored: an SNP vCPU starts by AP creation",
			target->index, vmpl);
}
