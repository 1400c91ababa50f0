// SPDX-License-Identifier: MIT
// GHCB exits for instructions that the guest asks the host to carry out.
#include "machine/host/ghcb.h"

#define KVM_EPERM  (-1ll)
#define KVM_ENOSYS (-1000ll)

void ghcb_nothing(struct ghcb_exit *e)
{
	(void)e; // INVD, WBINVD, MONITOR, MWAIT: no cache to flush, no wait to do
}

void ghcb_dr7_read(struct ghcb_exit *e)
{
	e->rax = host_plane(e->plane)->dr7;
	e->out = GHCB_RAX;
}

void ghcb_dr7_write(struct ghcb_exit *e)
{
	host_plane(e->plane)->dr7 = e->rax;
}

void ghcb_rdtsc(struct ghcb_exit *e)
{
	uint64_t tsc = rdtsc();

	e->rax = (uint32_t)tsc;
	e->rdx = tsc >> 32;
	e->out = GHCB_RAX | GHCB_RDX;
}

void ghcb_rdtscp(struct ghcb_exit *e)
{
	ghcb_rdtsc(e);
	e->rcx = host_plane(e->plane)->tsc_aux;
	e->out |= GHCB_RCX;
}

void ghcb_rdpmc(struct ghcb_exit *e)
{
	ghcb_exception(e, VEC_GP); // no performance counters are offered
}

void ghcb_cpuid(struct ghcb_exit *e)
{
	// The size of the XSAVE area depends on what the guest enabled
	if ((uint32_t)e->rax == 0xd && !ghcb_needs(e, GHCB_XCR0))
		return;
	struct cpuid_regs regs = host_cpuid(e->plane->cpu, (uint32_t)e->rax, (uint32_t)e->rcx);

	e->rax = regs.eax;
	e->rbx = regs.ebx;
	e->rcx = regs.ecx;
	e->rdx = regs.edx;
	e->out = GHCB_RAX | GHCB_RBX | GHCB_RCX | GHCB_RDX;
}

static void msr_write(struct ghcb_exit *e)
{
	if (!ghcb_needs(e, GHCB_RAX | GHCB_RDX))
		return;
	if (!host_wrmsr(e->plane, (uint32_t)e->rcx, e->rdx << 32 | (uint32_t)e->rax))
		ghcb_exception(e, VEC_GP);
}

void ghcb_msr(struct ghcb_exit *e)
{
	uint64_t value = 0;

	if (e->info_1 > 1) {
		ghcb_fail(e, GHCB_ERR_INVALID_INPUT);
	} else if (e->info_1) {
		msr_write(e);
	} else if (host_rdmsr(e->plane, (uint32_t)e->rcx, &value)) {
		e->rax = (uint32_t)value;
		e->rdx = value >> 32;
		e->out = GHCB_RAX | GHCB_RDX;
	} else {
		ghcb_exception(e, VEC_GP);
	}
}

// No hypercalls are offered; the answers are KVM's for that case.
void ghcb_vmmcall(struct ghcb_exit *e)
{
	e->rax = (uint64_t)(e->cpl ? KVM_EPERM : KVM_ENOSYS);
	e->out = GHCB_RAX;
}
