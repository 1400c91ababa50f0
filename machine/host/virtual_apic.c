// SPDX-License-Identifier: MIT
// The APIC of a plane with restricted injection. Its interrupts come through the doorbell page, so
// these x2APIC registers only keep what is written, and the ICR is an #HV IPI. End of interrupt
// needs no work: the next event is looked for at each entry.
#include "machine/host/host_plane.h"

#define REG_ID	    0x02
#define REG_VERSION 0x03
#define REG_TPR	    0x08
#define REG_EOI	    0x0b
#define REG_LDR	    0x0d
#define REG_SVR	    0x0f
#define REG_ESR	    0x28
#define REG_ICR	    0x30
#define REG_LVT	    0x32
#define REG_DIVIDE  0x3e
#define REG_SELF    0x3f

#define VERSION	    0x00050014u // 6 LVT entries, version 0x14

bool virtual_apic_rdmsr(struct plane *plane, uint32_t msr, uint64_t *value)
{
	uint32_t reg = msr - MSR_X2APIC_FIRST;

	if (reg >= VIRTUAL_APIC_REGS || reg < REG_ID || reg == REG_EOI || reg == REG_SELF)
		return false;
	switch (reg) {
	case REG_ID:
		*value = plane->cpu->apic_id;
		return true;
	case REG_VERSION:
		*value = VERSION;
		return true;
	case REG_LDR:
		*value = X2APIC_LDR(plane->cpu->apic_id);
		return true;
	default:
		*value = host_plane(plane)->apic[reg];
		return true;
	}
}

bool virtual_apic_wrmsr(struct plane *plane, uint32_t msr, uint64_t value)
{
	uint32_t reg = msr - MSR_X2APIC_FIRST;

	if (reg == REG_ICR)
		return host_hv_ipi(plane, value);
	if (reg == REG_SELF)
		return host_hv_ipi(plane, (value & 0xff) | 1u << 18);
	if (value >> 32)
		return false;
	if (reg == REG_EOI)
		return value == 0;
	if (reg != REG_TPR && reg != REG_SVR && reg != REG_ESR &&
		(reg < REG_LVT || reg > REG_DIVIDE))
		return false;
	host_plane(plane)->apic[reg] = (uint32_t)value;
	return true;
}
