// SPDX-License-Identifier: MIT
// What other CPUs want of this one: a plane is given a VMSA, or loses it, or gets an NMI. The CPU
// itself does it, between two runs of its planes.
#include <stdatomic.h>

#include "lib/string.h"
#include "machine/host/ghcb.h"

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

// The plane whose interrupts come to this CPU. Its are the CPU's own APIC and MSRs.
static struct plane *cpu_owner(struct cpu *cpu)
{
	for (unsigned vmpl = VMPL_COUNT; vmpl-- > 0;)
		if (cpu->plane[vmpl].present && host_direct_irq(&cpu->plane[vmpl]))
			return &cpu->plane[vmpl];
	return NULL;
}

// As after RESET: what the vCPU itself has, and not its VMSA. By then the plane is there or not.
static void plane_reset(struct plane *plane, bool owned_cpu)
{
	struct host_plane *host = host_plane(plane);

	host_plane_init(plane);
	host->tsc_aux = 0;
	memset(host->apic, 0, sizeof(host->apic));
	host->timer_end = 0;
	if (!owned_cpu && cpu_owner(plane->cpu) != plane)
		return;
	host_msr_init(plane->cpu);
	apic_reset(plane->cpu);
	atomic_store(&plane->cpu->guest_nmi, 0);
}

static void create_apply(struct cpu *cpu, unsigned vmpl)
{
	struct plane *plane = &cpu->plane[vmpl];
	struct host_plane *host = host_plane(plane);
	bool reset = cpu->create[vmpl].reset, owned_cpu = cpu_owner(cpu) == plane;

	cpu->create[vmpl].valid = false;
	cpu->create[vmpl].at_once = false;
	cpu->create[vmpl].reset = false;
	events_reset(plane);
	plane->created++; // the processor forgets what it kept of the old VMSA
	plane->halted = false;
	plane->present = !cpu->create[vmpl].destroy;
	plane->runnable = plane->present && !cpu->create[vmpl].on_init;
	plane->create_on_init = cpu->create[vmpl].on_init;
	plane->vmsa_gpa = cpu->create[vmpl].vmsa_gpa;
	plane->sev_features = cpu->create[vmpl].sev_features;
	host->start = plane->runnable;
	if (reset)
		plane_reset(plane, owned_cpu);
	log_debug("cpu%u VMPL%u: %s VMSA at GPA 0x%lx%s", cpu->index, vmpl,
		!plane->present	  ? "destroyed"
		: plane->runnable ? "start with"
				  : "given",
		plane->vmsa_gpa, reset ? ", reset" : "");
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
	return cpu->create[vmpl].valid && !cpu->create[vmpl].at_once &&
	       host_plane(&cpu->plane[vmpl])->held && !plane_busy(cpu, vmpl);
}

void host_woken(struct plane *plane)
{
	host_plane(plane)->waking = false;
	plane->runnable = false;
}

// A VMSA for the next INIT waits while the plane is the one that runs; otherwise it is taken over
// at once, so that RUN_VMPL meets it. A destruction waits for nothing, nor does a creation after
// it.
static bool create_due(const struct cpu *cpu, unsigned vmpl)
{
	const struct plane *plane = &cpu->plane[vmpl];

	if (cpu->create[vmpl].valid && cpu->create[vmpl].at_once)
		return true;
	if (!cpu->create[vmpl].valid || host_plane(plane)->waking)
		return false;
	if (host_plane(plane)->held && plane_busy(cpu, vmpl))
		return false;
	return !cpu->create[vmpl].on_init || cpu->current != vmpl || !plane->runnable;
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
		struct plane *plane = cpu_owner(cpu);

		if (plane)
			plane->nmi_pending = true; // NMIs do not count: one is latched
	}
}
