// SPDX-License-Identifier: MIT
// Restricted injection: events of a plane go through its #HV doorbell page. Any CPU may post one;
// only the CPU of the plane touches the page, before it enters the plane. Source: AMD document
// 56421, section 6.
#include <stdatomic.h>

#include "machine/host/ghcb.h"

static int irr_highest(const struct host_plane *host)
{
	for (int i = 3; i >= 0; i--) {
		uint64_t bits = atomic_load(&host->irr[i]);

		if (bits)
			return i * 64 + 63 - __builtin_clzll(bits);
	}
	return -1;
}

static void irr_set(struct host_plane *host, uint8_t vector)
{
	atomic_fetch_or(&host->irr[vector / 64], 1ull << (vector % 64));
}

static void irr_clear(struct host_plane *host, uint8_t vector)
{
	atomic_fetch_and(&host->irr[vector / 64], ~(1ull << (vector % 64)));
}

static struct hv_doorbell *doorbell_page(const struct plane *plane)
{
	return plane->doorbell_gpa ? host_shared(plane->doorbell_gpa, PAGE_SIZE) : NULL;
}

bool doorbell_pending(struct plane *plane)
{
	const struct host_plane *host = host_plane(plane);
	int top = irr_highest(host);
	bool nmi = atomic_load(&host->nmi_event);

	if (!host_restricted(plane) || (top < 0 && !nmi))
		return false;
	const struct hv_doorbell *page = doorbell_page(plane);

	if (!page)
		return false;
	return nmi || top > __atomic_load_n(&page->vector, __ATOMIC_RELAXED);
}

void doorbell_deliver(struct plane *plane)
{
	struct host_plane *host = host_plane(plane);
	struct hv_doorbell *page = NULL;

	if (!doorbell_pending(plane))
		return;
	page = doorbell_page(plane);
	if (!page)
		return;
	uint8_t flags = HV_DOORBELL_NO_FURTHER_SIGNAL;
	int top = irr_highest(host);

	if (top > __atomic_load_n(&page->vector, __ATOMIC_RELAXED)) {
		irr_clear(host, (uint8_t)top);
		uint8_t old = __atomic_exchange_n(&page->vector, (uint8_t)top, __ATOMIC_SEQ_CST);

		if (old) // not taken yet and of lower priority: again later
			irr_set(host, old);
		// With others waiting the host has to hear of the end of this one
		__atomic_store_n(&page->no_eoi_required, irr_highest(host) < 0, __ATOMIC_SEQ_CST);
	}
	if (atomic_exchange(&host->nmi_event, false))
		flags |= HV_DOORBELL_NMI;
	if (!(__atomic_fetch_or(&page->flags, flags, __ATOMIC_SEQ_CST) &
		    HV_DOORBELL_NO_FURTHER_SIGNAL))
		plane->hv_pending = true;
}

bool host_post_hv(struct cpu *cpu, unsigned vmpl, uint8_t vector)
{
	struct plane *plane = &cpu->plane[vmpl];

	if (!plane->present || !host_restricted(plane))
		return false;
	irr_set(host_plane(plane), vector);
	if (cpu != this_cpu())
		cpu_kick(cpu);
	return true;
}

static void post_nmi(struct cpu *cpu, unsigned vmpl)
{
	struct plane *plane = &cpu->plane[vmpl];

	if (!plane->present || !host_restricted(plane))
		return;
	atomic_store(&host_plane(plane)->nmi_event, true);
	if (cpu != this_cpu())
		cpu_kick(cpu);
}

static bool destination_match(const struct cpu *cpu, const struct cpu *self, uint64_t icr)
{
	uint32_t destination = (uint32_t)(icr >> 32);

	switch ((icr >> 18) & 3) {
	case 1:
		return cpu == self;
	case 2:
		return true;
	case 3:
		return cpu != self;
	default:
		if (destination == 0xffffffff)
			return true;
		if (!(icr & (1u << 11)))
			return cpu->apic_id == destination;
		return destination >> 16 == X2APIC_LDR(cpu->apic_id) >> 16 &&
		       (destination & X2APIC_LDR(cpu->apic_id) & 0xffff);
	}
}

// icr: x2APIC layout. An IPI between planes of one VMPL; delivery modes fixed and NMI.
bool host_hv_ipi(struct plane *from, uint64_t icr)
{
	unsigned mode = (icr >> 8) & 7;

	if (mode != 0 && mode != 4)
		return false;
	if (mode == 0 && (icr & 0xff) < 16)
		return false;
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (!destination_match(cpus[i], from->cpu, icr))
			continue;
		if (mode == 4)
			post_nmi(cpus[i], from->vmpl);
		else
			host_post_hv(cpus[i], from->vmpl, (uint8_t)icr);
	}
	return true;
}
