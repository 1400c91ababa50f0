// SPDX-License-Identifier: MIT
// The GHCB MSR protocol: requests small enough for the MSR itself. An unknown request leaves the
// MSR as it is, by which the guest sees that nobody answered. Source: AMD document 56421, 2.3.1.
#include "machine/host/ghcb.h"

#define MSR_VALUE(msr) ((msr) & ~GHCB_MSR_INFO_MASK)
#define NO_GFN	       0xfffffffffffff000ull // preferred page: none; registration: refused

static uint64_t msr_cpuid(struct plane *plane, uint64_t msr)
{
	struct cpuid_regs regs = host_cpuid(plane->cpu, (uint32_t)(msr >> 32), 0);
	const uint32_t values[4] = {regs.eax, regs.ebx, regs.ecx, regs.edx};

	return (uint64_t)values[(msr >> 30) & 3] << 32 | (msr & 0xc0000000ull) |
	       GHCB_MSR_CPUID_RESP;
}

// Only a start by AP creation ends the hold, and that replaces the answer.
static uint64_t msr_reset_hold(struct plane *plane, uint64_t msr)
{
	(void)msr;
	plane->runnable = false;
	return GHCB_MSR_AP_RESET_HOLD_RESP;
}

static uint64_t msr_register(struct plane *plane, uint64_t msr)
{
	if (MSR_VALUE(msr) >> GUEST_PHYS_BITS)
		return NO_GFN | GHCB_MSR_REGISTER_RESP;
	plane->ghcb_registered = MSR_VALUE(msr);
	return MSR_VALUE(msr) | GHCB_MSR_REGISTER_RESP;
}

static uint64_t msr_page_state(struct plane *plane, uint64_t msr)
{
	uint64_t gpa = msr & PSC_ENTRY_GFN_MASK;
	unsigned op = (msr >> 52) & 0xf;
	uint64_t error = 1;

	(void)plane;
	if ((op == PSC_OP_PRIVATE || op == PSC_OP_SHARED) && !(msr >> 56))
		error = host_page_state(gpa, false, op);
	return (error ? 1ull << 63 : 0) | GHCB_MSR_PSC_RESP;
}

static uint64_t msr_run_vmpl(struct plane *plane, uint64_t msr)
{
	unsigned vmpl = (msr >> 32) & 0xff;

	// The answer waits in the caller's MSR until somebody resumes it
	return (host_switch(plane, vmpl) ? 0 : 1ull << 32) | GHCB_MSR_RUN_VMPL_RESP;
}

static uint64_t msr_answer(struct plane *plane, uint64_t msr)
{
	switch (msr & GHCB_MSR_INFO_MASK) {
	case GHCB_MSR_SEV_INFO_REQ:
		return GHCB_MSR_SEV_INFO;
	case GHCB_MSR_CPUID_REQ:
		return msr_cpuid(plane, msr);
	case GHCB_MSR_AP_RESET_HOLD_REQ:
		return msr_reset_hold(plane, msr);
	case GHCB_MSR_PREF_GPA_REQ:
		return NO_GFN | GHCB_MSR_PREF_GPA_RESP;
	case GHCB_MSR_REGISTER_REQ:
		return msr_register(plane, msr);
	case GHCB_MSR_PSC_REQ:
		return msr_page_state(plane, msr);
	case GHCB_MSR_RUN_VMPL_REQ:
		return msr_run_vmpl(plane, msr);
	case GHCB_MSR_HV_FEATURES_REQ:
		return HOST_FEATURES << 12 | GHCB_MSR_HV_FEATURES_RESP;
	case GHCB_MSR_TERMINATE_REQ:
		trace_msr(plane, msr);
		host_terminate(plane, (msr >> 12) & 0xf, (msr >> 16) & 0xff);
	default:
		log_warn("cpu%u VMPL%u: unknown GHCB MSR request 0x%lx", plane->cpu->index,
			plane->vmpl, msr);
		return msr;
	}
}

void host_msr_protocol(struct plane *plane)
{
	plane->ghcb_msr = msr_answer(plane, plane->ghcb_msr);
}
