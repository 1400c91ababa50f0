// SPDX-License-Identifier: MIT
// Interprocessor interrupts of planes that own the real APIC: vCPU n is CPU n with the same APIC
// id, so a fixed IPI is sent by the real APIC. NMIs become requests to the target's host loop,
// since the machine uses real NMIs itself.
#include <stdatomic.h>

#include "machine/host/host_plane.h"

#define MODE_FIXED	    0u
#define MODE_LOWEST	    1u
#define MODE_NMI	    4u
#define MODE_INIT	    5u
#define MODE_SIPI	    6u

#define ICR_LOGICAL	    (1u << 11)
#define ICR_ASSERT	    (1u << 14)
#define ICR_LEVEL	    (1u << 15)
#define ICR_SHORTHAND_SHIFT 18
#define SHORTHAND_NONE	    0u
#define SHORTHAND_SELF	    1u
#define SHORTHAND_ALL	    2u

static bool x2_mode(const struct plane *plane)
{
	return plane->apic_base & APIC_BASE_X2;
}

static bool logical_match(const struct plane *from, const struct cpu *cpu, uint32_t destination)
{
	if (!x2_mode(from))
		return destination == 0xff || apic_logical_match(cpu, (uint8_t)destination);
	return destination >> 16 == X2APIC_LDR(cpu->apic_id) >> 16 &&
	       (destination & X2APIC_LDR(cpu->apic_id) & 0xffff);
}

static bool ipi_match(const struct plane *from, const struct cpu *cpu, uint64_t icr)
{
	uint32_t destination = (uint32_t)(icr >> 32);

	switch ((icr >> ICR_SHORTHAND_SHIFT) & 3) {
	case SHORTHAND_SELF:
		return cpu == from->cpu;
	case SHORTHAND_ALL:
		return true;
	case SHORTHAND_NONE:
		if (destination == (x2_mode(from) ? 0xffffffff : 0xff))
			return true;
		if (icr & ICR_LOGICAL)
			return logical_match(from, cpu, destination);
		return cpu->apic_id == destination;
	default:
		return cpu != from->cpu;
	}
}

// By hand to each target: what the real APIC must not do, or does in another mode.
static void send_each(struct plane *from, uint64_t icr)
{
	unsigned mode = (icr >> 8) & 7;

	for (uint32_t i = 0; i < cpu_count; i++) {
		struct cpu *cpu = cpus[i];

		if (!ipi_match(from, cpu, icr))
			continue;
		if (mode == MODE_NMI) {
			atomic_fetch_add(&cpu->guest_nmi, 1);
			if (cpu != from->cpu)
				cpu_kick(cpu);
		} else if (mode == MODE_INIT) {
			host_init_ipi(cpu, from->vmpl);
		} else {
			apic_send_raw(cpu->apic_id << 24, (uint32_t)(icr & 0xff) | ICR_ASSERT);
		}
	}
}

static void send_fixed(struct plane *from, uint64_t icr)
{
	uint32_t low = (uint32_t)icr & 0xccfff & ~(1u << 12);
	uint32_t destination = (uint32_t)(icr >> 32);

	if (x2_mode(from)) {
		bool shorthand = (icr >> ICR_SHORTHAND_SHIFT) & 3;

		// The real APIC does not know x2APIC logical ids, nor ids beyond 8 bits
		if (!shorthand &&
			(icr & ICR_LOGICAL || (destination > 0xfe && destination != ~0u))) {
			send_each(from, icr);
			return;
		}
	}
	apic_send_raw(destination << 24, low);
}

// icr: x2APIC layout, bits [63:32] destination.
void host_send_ipi(struct plane *from, uint64_t icr)
{
	switch ((icr >> 8) & 7) {
	case MODE_FIXED:
	case MODE_LOWEST:
		send_fixed(from, icr);
		return;
	case MODE_NMI:
		send_each(from, icr);
		return;
	case MODE_INIT:
		if (!(icr & ICR_LEVEL) || icr & ICR_ASSERT) // a deassert does nothing
			send_each(from, icr);
		return;
	case MODE_SIPI:
		log_warn("cpu%u VMPL%u: SIPI 0x%lx ignored: an SNP vCPU starts by AP creation",
			from->cpu->index, from->vmpl, icr);
		return;
	default:
		log_warn("cpu%u VMPL%u: IPI 0x%lx of a kind that is not offered", from->cpu->index,
			from->vmpl, icr);
	}
}
