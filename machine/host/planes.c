// SPDX-License-Identifier: MIT
// Which plane of a CPU runs, and what is injected. A CPU runs one plane at a time: the one that a
// RUN_VMPL request or an AP creation named last, unless a more privileged one has an event.
#include <stdatomic.h>

#include "machine/host/ghcb.h"

static struct host_plane host_planes[CPUS_MAX][VMPL_COUNT];

struct host_plane *host_plane(const struct plane *plane)
{
	return &host_planes[plane->cpu->index][plane->vmpl];
}

struct cpu *host_cpu_by_apic_id(uint32_t apic_id)
{
	for (uint32_t i = 0; i < cpu_count; i++)
		if (cpus[i] && cpus[i]->apic_id == apic_id)
			return cpus[i];
	return NULL;
}

// The real APIC can have one owner. With an SVSM that is the guest below it; a guest that runs at
// VMPL0 alone owns it itself.
bool host_direct_irq(const struct plane *plane)
{
	if (plane->sev_features &
		(SEV_FEATURE_RESTRICTED_INJECTION | SEV_FEATURE_ALTERNATE_INJECTION))
		return false;
	if (plane->vmpl > 0)
		return true;
	for (unsigned vmpl = 1; vmpl < VMPL_COUNT; vmpl++)
		if (plane->cpu->plane[vmpl].present)
			return false;
	return true;
}

static bool has_work(struct plane *plane)
{
	if (!plane->present || !plane->runnable)
		return false;
	return host_plane(plane)->start || doorbell_pending(plane);
}

static struct plane *take(struct cpu *cpu, unsigned vmpl)
{
	struct plane *plane = &cpu->plane[vmpl];

	cpu->current = (uint8_t)vmpl;
	host_plane(plane)->start = false;
	plane->halted = false;
	return plane;
}

struct plane *host_pick(struct cpu *cpu)
{
	struct plane *current = &cpu->plane[cpu->current];

	for (unsigned vmpl = 0; vmpl <= cpu->current; vmpl++)
		if (has_work(&cpu->plane[vmpl]))
			return take(cpu, vmpl);
	if (current->present && current->runnable && !current->halted)
		return current;
	// A plane that waits in RUN_VMPL is not started here: only its callee's return resumes it
	for (unsigned vmpl = cpu->current + 1u; vmpl < VMPL_COUNT; vmpl++)
		if (has_work(&cpu->plane[vmpl]))
			return take(cpu, vmpl);
	return NULL;
}

void host_inject(struct plane *plane)
{
	struct host_plane *host = host_plane(plane);

	if (plane->event_inj & EVENT_VALID)
		return;
	if (host_restricted(plane)) {
		doorbell_deliver(plane);
		if (plane->hv_pending)
			plane->event_inj = EVENT_VALID | EVENT_TYPE_EXCP | VEC_HV;
		plane->hv_pending = false;
	} else if (plane->nmi_pending && !host->nmi_masked) {
		plane->event_inj = EVENT_VALID | EVENT_TYPE_NMI | VEC_NMI;
		plane->nmi_pending = false;
		host->nmi_masked = true;
	}
}

bool host_switch(struct plane *from, unsigned vmpl)
{
	struct cpu *cpu = from->cpu;

	if (vmpl >= VMPL_COUNT || vmpl == from->vmpl || !cpu->plane[vmpl].present)
		return false;
	// A plane in AP reset hold stays there: only an AP creation ends the hold.
	if (!host_plane(&cpu->plane[vmpl])->held)
		cpu->plane[vmpl].runnable = true;
	take(cpu, vmpl);
	return true;
}
