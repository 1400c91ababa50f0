// SPDX-License-Identifier: MIT
/*
 * The processor that a guest is told of: QEMU's, with what SEV-SNP parts have and this machine
 * emulates, without what the machine cannot carry through to a guest. Source: APM volume 3,
 * appendix E. Leaves beyond the processor's last one are zero (QEMU repeats the last one there).
 */
#include "machine/psp/silicon.h"

static struct cpuid_regs native(uint32_t leaf, uint32_t sub)
{
	uint32_t last = cpuid(leaf & 0xffff0000, 0).eax;

	return leaf <= last ? cpuid(leaf, sub) : (struct cpuid_regs){0};
}

// Every SNP part has XSAVEC and XSAVES, and Linux takes a CPUID page with leaf 0xd but without them
// for broken. QEMU's TCG lacks both, so there the guest gets FXSAVE and nothing that needs XSAVE.
static bool has_xsave(void)
{
	const uint32_t needed = CPUID_D1_EAX_XSAVEC | CPUID_D1_EAX_XSAVES;

	return (native(1, 0).ecx & CPUID_1_ECX_XSAVE) && (native(0xd, 1).eax & needed) == needed;
}

static struct cpuid_regs leaf_0(struct cpuid_regs r)
{
	if (!has_xsave())
		r.eax = MIN(r.eax, 0xcu);
	return r;
}

static struct cpuid_regs leaf_1(struct cpuid_regs r)
{
	r.ecx |= CPUID_1_ECX_X2APIC;
	// MWAIT and the deadline timer are not carried through; OSXSAVE the guest works out itself
	r.ecx &= ~(CPUID_1_ECX_MONITOR | CPUID_1_ECX_VMX | CPUID_1_ECX_TSC_DEADLINE |
		   CPUID_1_ECX_OSXSAVE);
	if (!has_xsave())
		r.ecx &= ~CPUID_1_ECX_NEED_XSAVE;
	return r;
}

static struct cpuid_regs leaf_7_0(struct cpuid_regs r)
{
	r.ebx |= CPUID_7_EBX_RDSEED;
	r.ebx &= ~CPUID_7_EBX_MPX;
	// State that the VMSA does not hold (PKS), or that the machine's page walker does not know
	// (LA57)
	r.ecx &= ~(CPUID_7_ECX_CET_SS | CPUID_7_ECX_LA57 | CPUID_7_ECX_PKS);
	r.edx &= ~CPUID_7_EDX_CET_IBT;
	if (!has_xsave()) {
		r.ebx &= ~CPUID_7_EBX_NEED_XSAVE;
		r.ecx &= ~CPUID_7_ECX_NEED_XSAVE;
		r.edx &= ~CPUID_7_EDX_NEED_XSAVE;
	}
	return r;
}

static struct cpuid_regs leaf_7(uint32_t sub, struct cpuid_regs r)
{
	if (sub == 0)
		return leaf_7_0(r);
	if (sub == 1 && !has_xsave()) {
		r.eax &= CPUID_7_1_EAX_STRING_OPS;
		r.ebx = r.ecx = r.edx = 0;
	}
	return r;
}

// Largest save area for these components, standard format
static uint32_t xsave_size(uint64_t components)
{
	uint32_t size = CPUID_XSAVE_LEGACY_SIZE;

	for (unsigned i = 2; i < 63; i++) {
		struct cpuid_regs c = native(0xd, i);

		if (components & BIT(i))
			size = MAX(size, c.eax + c.ebx);
	}
	return size;
}

static struct cpuid_regs leaf_d(uint32_t sub, struct cpuid_regs r)
{
	if (!has_xsave() || BIT(sub & 63) & XSTATE_NOT_CARRIED)
		return (struct cpuid_regs){0};
	if (sub == 0) {
		r.eax &= ~(uint32_t)XSTATE_NOT_CARRIED;
		r.ecx = xsave_size(r.eax);
	} else if (sub == 1) {
		r.eax &= CPUID_D1_EAX_KNOWN;
		r.ecx = r.edx = 0; // no supervisor state
	}
	return r;
}

static struct cpuid_regs leaf_80000001(struct cpuid_regs r)
{
	r.ecx &= ~(CPUID_80000001_ECX_SVM | CPUID_80000001_ECX_SKINIT | CPUID_80000001_ECX_IBS |
		   CPUID_80000001_ECX_LWP | CPUID_80000001_ECX_MWAITX);
	if (!has_xsave())
		r.ecx &= ~CPUID_80000001_ECX_NEED_XSAVE;
	return r;
}

static struct cpuid_regs leaf_80000008(struct cpuid_regs r)
{
	r.eax = 48u << 8 |
		GUEST_PHYS_BITS; // linear (no LA57), physical; [23:16] 0: guests the same
	r.ebx &= ~CPUID_80000008_EBX_INVLPGB;
	if (!has_xsave())
		r.ebx &= ~CPUID_80000008_EBX_XSAVEERPTR;
	return r;
}

static struct cpuid_regs leaf_8000001f(void)
{
	return (struct cpuid_regs){
		.eax = CPUID_8000001F_SEV | CPUID_8000001F_SEV_ES | CPUID_8000001F_SNP |
		       CPUID_8000001F_VMPL | CPUID_8000001F_RMPQUERY | CPUID_8000001F_DEBUG_SWAP,
		// [5:0] C-bit, [11:6] address bits lost to encryption, [15:12] levels
		.ebx = CBIT_POSITION | 1u << 6 | (uint32_t)VMPL_COUNT << 12,
	};
}

struct cpuid_regs psp_cpuid_silicon(uint32_t leaf, uint32_t sub)
{
	struct cpuid_regs r = native(leaf, sub);

	switch (leaf) {
	case 0:
		return leaf_0(r);
	case 1:
		return leaf_1(r);
	case 5:		 // MONITOR
	case 0xa:	 // performance counters
	case 0x8000000a: // SVM
		return (struct cpuid_regs){0};
	case 7:
		return leaf_7(sub, r);
	case 0xd:
		return leaf_d(sub, r);
	case 0x80000000:
		r.eax = MAX(r.eax, 0x8000001fu);
		return r;
	case 0x80000001:
		return leaf_80000001(r);
	case 0x80000008:
		return leaf_80000008(r);
	case 0x8000001f:
		return leaf_8000001f();
	default:
		return r;
	}
}
