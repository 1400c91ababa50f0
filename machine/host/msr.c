// SPDX-License-Identifier: MIT
// MSRs that the guest asks the host for. MTRRs are plain storage; a short list is read from QEMU's
// processor; everything else reads 0 and takes writes without effect, as on QEMU's TCG, so that a
// guest behaves as it does there.
#include "hw/ghcb.h"
#include "lib/util.h"
#include "machine/host/host_plane.h"

#define MSR_MTRR_CAP	    0x0fe
#define MSR_MISC_ENABLE	    0x1a0
#define MSR_MTRR_VAR_FIRST  0x200
#define MSR_MTRR_VAR_COUNT  16 // 8 pairs of base and mask
#define MSR_MTRR_DEF_TYPE   0x2ff
#define MISC_ENABLE_DEFAULT 1 // fast strings, QEMU's value after reset

static const uint32_t fixed_mtrrs[] = {
	0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f};

// Read from the real processor: nothing here tells more than CPUID does.
static const uint32_t passed[] = {
	0x034, // SMI count
	0x035, // core and thread count
	0x08b, // microcode revision
	MSR_MTRR_CAP,
	0x179, // MCG_CAP
	0x17a, // MCG_STATUS
	0x17b, // MCG_CTL
	0x198, // performance status
};

static struct msr_store {
	uint64_t variable[MSR_MTRR_VAR_COUNT];
	uint64_t fixed[ARRAY_SIZE(fixed_mtrrs)];
	uint64_t def_type;
	uint64_t misc_enable_changed; // differs from the default by these bits
} stores[CPUS_MAX];

// Storage of an MTRR of one vCPU; NULL = not an MTRR.
static uint64_t *mtrr(const struct plane *plane, uint32_t msr)
{
	struct msr_store *store = &stores[plane->cpu->index];

	if (msr - MSR_MTRR_VAR_FIRST < MSR_MTRR_VAR_COUNT)
		return &store->variable[msr - MSR_MTRR_VAR_FIRST];
	if (msr == MSR_MTRR_DEF_TYPE)
		return &store->def_type;
	for (unsigned i = 0; i < ARRAY_SIZE(fixed_mtrrs); i++)
		if (msr == fixed_mtrrs[i])
			return &store->fixed[i];
	return NULL;
}

static bool is_x2apic(uint32_t msr)
{
	return msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST;
}

static uint64_t read_other(const struct plane *plane, uint32_t msr)
{
	switch (msr) {
	case MSR_TSC:
		return rdtsc();
	case MSR_TSC_AUX:
		return host_plane(plane)->tsc_aux;
	case MSR_MISC_ENABLE:
		return MISC_ENABLE_DEFAULT ^ stores[plane->cpu->index].misc_enable_changed;
	case MSR_MTRR_CAP:
		return rdmsr(msr) & ~(1ull << 11); // no SMM range registers
	}
	for (unsigned i = 0; i < ARRAY_SIZE(passed); i++)
		if (msr == passed[i])
			return rdmsr(msr);
	return 0;
}

bool host_rdmsr(struct plane *plane, uint32_t msr, uint64_t *value)
{
	const uint64_t *stored = mtrr(plane, msr);

	if (msr == MSR_APIC_BASE) {
		*value = plane->apic_base;
		return true;
	}
	if (is_x2apic(msr))
		return host_direct_irq(plane) ? apic_rdmsr(plane, msr, value)
					      : virtual_apic_rdmsr(plane, msr, value);
	*value = stored ? *stored : read_other(plane, msr);
	if (!stored && !*value)
		log_debug("cpu%u VMPL%u: read of MSR 0x%x gives 0", plane->cpu->index, plane->vmpl,
			msr);
	return true;
}

bool host_wrmsr(struct plane *plane, uint32_t msr, uint64_t value)
{
	uint64_t *stored = mtrr(plane, msr);
	bool ok = true;

	if (pvclock_wrmsr(plane, msr, value, &ok))
		return ok;
	if (msr == MSR_APIC_BASE)
		return apic_base_write(plane, value);
	if (is_x2apic(msr))
		return host_direct_irq(plane) ? apic_wrmsr(plane, msr, value)
					      : virtual_apic_wrmsr(plane, msr, value);
	if (stored)
		*stored = value;
	else if (msr == MSR_TSC_AUX)
		host_plane(plane)->tsc_aux = value;
	else if (msr == MSR_MISC_ENABLE)
		stores[plane->cpu->index].misc_enable_changed = value ^ MISC_ENABLE_DEFAULT;
	else
		log_debug("cpu%u VMPL%u: write of MSR 0x%x (0x%lx) has no effect",
			plane->cpu->index, plane->vmpl, msr, value);
	return true;
}
