// SPDX-License-Identifier: MIT
// MSRs that the guest asks the host for. MTRRs and machine-check registers are plain storage; a
// short list is read from QEMU's processor; everything else reads 0 and takes writes without
// effect, as on QEMU's TCG, so that a guest behaves as it does there.
#include "hw/ghcb.h"
#include "lib/util.h"
#include "machine/host/host_plane.h"

#define MSR_MTRR_CAP	   0x0fe
#define MSR_MISC_ENABLE	   0x1a0
#define MSR_MTRR_VAR_FIRST 0x200
#define MSR_MTRR_VAR_COUNT 16 // 8 pairs of base and mask
#define MSR_MTRR_DEF_TYPE  0x2ff
#define MSR_MCG_STATUS	   0x17a
#define MSR_MCG_CTL	   0x17b
#define MSR_MC_FIRST	   0x400
#define MSR_MC_COUNT	   40 // 10 banks of control, status, address, miscellaneous

static const uint32_t fixed_mtrrs[] = {
	0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f};

// Read from the real processor: nothing here tells more than CPUID does.
static const uint32_t passed[] = {
	0x034, // SMI count
	0x035, // core and thread count
	0x08b, // microcode revision
	MSR_MTRR_CAP,
	0x179, // MCG_CAP
	0x198, // performance status
};

static struct msr_store {
	uint64_t variable[MSR_MTRR_VAR_COUNT];
	uint64_t fixed[ARRAY_SIZE(fixed_mtrrs)];
	uint64_t def_type;
	uint64_t mcg_status, mcg_ctl;
	uint64_t mc[MSR_MC_COUNT];
	uint64_t misc_enable;
} stores[CPUS_MAX];

// Values after reset, as QEMU's
void host_msr_init(const struct cpu *cpu)
{
	struct msr_store *store = &stores[cpu->index];

	*store = (struct msr_store){.misc_enable = 1, .mcg_ctl = ~0ull}; // 1: fast strings
	for (unsigned bank = 0; bank < MSR_MC_COUNT; bank += 4)
		store->mc[bank] = ~0ull;
}

// Storage of an MTRR or machine-check register of one vCPU; NULL = another MSR.
static uint64_t *storage(const struct plane *plane, uint32_t msr)
{
	struct msr_store *store = &stores[plane->cpu->index];

	if (msr - MSR_MTRR_VAR_FIRST < MSR_MTRR_VAR_COUNT)
		return &store->variable[msr - MSR_MTRR_VAR_FIRST];
	if (msr - MSR_MC_FIRST < MSR_MC_COUNT)
		return &store->mc[msr - MSR_MC_FIRST];
	if (msr == MSR_MTRR_DEF_TYPE)
		return &store->def_type;
	if (msr == MSR_MCG_STATUS)
		return &store->mcg_status;
	if (msr == MSR_MCG_CTL)
		return &store->mcg_ctl;
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
		return stores[plane->cpu->index].misc_enable;
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
	const uint64_t *stored = storage(plane, msr);

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
	uint64_t *stored = storage(plane, msr);
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
		stores[plane->cpu->index].misc_enable = value;
	else
		log_debug("cpu%u VMPL%u: write of MSR 0x%x (0x%lx) has no effect",
			plane->cpu->index, plane->vmpl, msr, value);
	return true;
}
