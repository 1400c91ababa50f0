// SPDX-License-Identifier: MIT
// Which plane of a CPU runs, and what is injected. A CPU runs one plane at a time: the one that a
// RUN_VMPL request or an AP creation named last, unless a more privileged one has an event.
#include <stdatomic.h>

#include "lib/string.h"
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

// What ends with a VMSA. GHCB MSR, registered GHCB and APIC are the vCPU's: OVMF starts its
// APs anew and finds their GHCBs by the MSR.
static void events_reset(struct plane *plane)
{
	struct host_plane *host = host_plane(plane);

	plane->doorbell_gpa = 0;
	plane->event_inj = 0;
	plane->nmi_pending = false;
	plane->hv_pending = false;
	host->nmi_masked = false;
	host->held = false;
	host->waking = false;
	host->dr7 = 0x400;
	for (unsigned i = 0; i < 4; i++)
		atomic_store(&host->irr[i], 0);
	atomic_store(&host->nmi_event, false);
}

void host_plane_init(struct plane *plane)
{
	plane->ghcb_msr = GHCB_MSR_SEV_INFO;
	plane->ghcb_registered = ~0ull;
	plane->apic_base = 0xfee00000ull | APIC_BASE_ENABLE;
	if (plane->cpu->index == 0)
		plane->apic_base |= APIC_BASE_BSP;
	events_reset(plane);
}

static void create_apply(struct cpu *cpu, unsigned vmpl)
{
	struct plane *plane = &cpu->plane[vmpl];
	struct host_plane *host = host_plane(plane);

	cpu->create[vmpl].valid = false;
	events_reset(plane);
	plane->created++; // the processor forgets what it kept of the old VMSA
	plane->halted = false;
	plane->present = !cpu->create[vmpl].destroy;
	plane->runnable = plane->present && !cpu->create[vmpl].on_init;
	plane->create_on_init = cpu->create[vmpl].on_init;
	plane->vmsa_gpa = cpu->create[vmpl].vmsa_gpa;
	plane->sev_features = cpu->create[vmpl].sev_features;
	host->start = plane->runnable;
	log_debug("cpu%u VMPL%u: %s VMSA at GPA 0x%lx", cpu->index, vmpl,
		!plane->present	  ? "destroyed"
		: plane->runnable ? "start with"
				  : "given",
		plane->vmsa_gpa);
}

// Another plane of the CPU is at work, and would be cut off in its middle.
static bool plane_busy(const struct cpu *cpu, unsigned vmpl)
{
	const struct plane *current = &cpu->plane[cpu->current];

	return cpu->current != vmpl && current->present && current->runnable && !current->halted;
}

// A creation ends AP reset hold, as a start-up IPI would: the held code runs on with the result 1
// up to its next VMGEXIT, and only then makes place. Linux needs it: the GHCB that it holds with
// counts as in use until the hold returns, and after two rounds of CPU offline and online it would
// have none.
static void hold_end(struct plane *plane)
{
	struct host_plane *host = host_plane(plane);
	struct ghcb *page = host_shared(plane->ghcb_msr, PAGE_SIZE);
	const uint64_t woken = 1;

	host->held = false;
	if (!page || plane->ghcb_registered != plane->ghcb_msr)
		return;
	memcpy((uint8_t *)page + offsetof(struct ghcb, sw_exit_info_2), &woken, sizeof(woken));
	host->waking = true;
	plane->runnable = true;
	plane->cpu->current = plane->vmpl;
}

static bool hold_to_end(const struct cpu *cpu, unsigned vmpl)
{
	return cpu->create[vmpl].valid && !cpu->create[vmpl].destroy &&
	       host_plane(&cpu->plane[vmpl])->held && !plane_busy(cpu, vmpl);
}

void host_woken(struct plane *plane)
{
	host_plane(plane)->waking = false;
	plane->runnable = false;
}

// A VMSA for the next INIT waits while the plane is the one that runs; otherwise it is taken over
// at once, so that RUN_VMPL meets it.
static bool create_due(const struct cpu *cpu, unsigned vmpl)
{
	const struct plane *plane = &cpu->plane[vmpl];

	if (!cpu->create[vmpl].valid || host_plane(plane)->waking)
		return false;
	if (host_plane(plane)->held && plane_busy(cpu, vmpl))
		return false;
	return !cpu->create[vmpl].on_init || cpu->current != vmpl || !plane->runnable;
}

static struct plane *nmi_target(struct cpu *cpu)
{
	for (unsigned vmpl = VMPL_COUNT; vmpl-- > 0;)
		if (cpu->plane[vmpl].present && host_direct_irq(&cpu->plane[vmpl]))
			return &cpu->plane[vmpl];
	return NULL;
}

void host_mailbox(struct cpu *cpu)
{
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++) {
		if (!cpu->create[vmpl].valid)
			continue;
		spin_lock(&host_lock);
		if (hold_to_end(cpu, vmpl))
			hold_end(&cpu->plane[vmpl]);
		if (create_due(cpu, vmpl))
			create_apply(cpu, vmpl);
		spin_unlock(&host_lock);
	}
	if (atomic_load(&cpu->guest_nmi) && atomic_exchange(&cpu->guest_nmi, 0)) {
		struct plane *plane = nmi_target(cpu);

		if (plane)
			plane->nmi_pending = true; // NMIs do not count: one is latched
	}
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
