// SPDX-License-Identifier: MIT
// The APIC of a plane with restricted injection. Its interrupts come through the doorbell page, so
// these x2APIC registers only keep what is written; the ICR is an #HV IPI, and the timer posts #HV.
// End of interrupt needs no work: the next event is looked for at each entry.
#include "machine/host/host_plane.h"

#define REG_ID	    0x02
#define REG_VERSION 0x03
#define REG_TPR	    0x08
#define REG_EOI	    0x0b
#define REG_LDR	    0x0d
#define REG_SVR	    0x0f
#define REG_ESR	    0x28
#define REG_ICR	    0x30
#define REG_LVT	    0x32 // timer; the other entries follow
#define REG_COUNT   0x38
#define REG_CURRENT 0x39
#define REG_DIVIDE  0x3e
#define REG_SELF    0x3f

#define VERSION	    0x00050014u // 6 LVT entries, version 0x14

#define LVT_VECTOR  0xffu
#define LVT_MASKED  (1u << 16)
#define LVT_MODE    (3u << 17) // 0: one shot, which is all there is here

// The timer counts TSC ticks. It is looked at before each entry of the CPU, so it comes with the
// first exit after its time. Interrupts that wait for another plane are no exit, since they are
// masked meanwhile; a kick is one.
static unsigned timer_divisor(const struct host_plane *host)
{
	uint32_t reg = host->apic[REG_DIVIDE];
	unsigned power = ((reg & 3) | (reg >> 1 & 4)) + 1;

	return power == 8 ? 1 : 1u << power;
}

static void timer_start(struct host_plane *host, uint32_t count)
{
	host->timer_end = count ? rdtsc() + (uint64_t)count * timer_divisor(host) : 0;
}

static uint32_t timer_current(const struct host_plane *host)
{
	uint64_t now = rdtsc();

	return host->timer_end > now ? (uint32_t)((host->timer_end - now) / timer_divisor(host))
				     : 0;
}

static void timer_look(struct plane *plane)
{
	struct host_plane *host = host_plane(plane);
	uint32_t lvt = host->apic[REG_LVT];

	if (!host->timer_end || rdtsc() < host->timer_end)
		return;
	host->timer_end = 0;
	if (!(lvt & (LVT_MASKED | LVT_MODE)) && (lvt & LVT_VECTOR) >= 16)
		host_post_hv(plane->cpu, plane->vmpl, (uint8_t)lvt);
}

void virtual_apic_timers(struct cpu *cpu)
{
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++)
		timer_look(&cpu->plane[vmpl]);
}

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
	case REG_CURRENT:
		*value = timer_current(host_plane(plane));
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
	if (reg == REG_COUNT)
		timer_start(host_plane(plane), (uint32_t)value);
	return true;
}
