// SPDX-License-Identifier: MIT
// The loop of one CPU: choose a plane, run it, answer its exit.
#include <stdatomic.h>

#include "machine/host/host_plane.h"

static void plane_halt(struct plane *plane)
{
	plane->halted = true;
}

static void plane_dispatch(struct plane *plane, const struct vmexit *exit)
{
	if (exit->code == VMEXIT_VMGEXIT) {
		if (host_plane(plane)->waking)
			host_woken(plane);
		else
			host_vmgexit(plane);
		return;
	}
	console_flush(plane->cpu);
	trace_exit(plane, exit);
	switch (exit->code) {
	case VMEXIT_NPF:
		host_npf(plane, exit);
		return;
	case VMEXIT_HLT:
		plane_halt(plane);
		return;
	case VMEXIT_NMI: // a kick: the mailbox is looked at before the next entry
	case VMEXIT_INTR:
		return;
	case VMEXIT_SHUTDOWN:
		machine_stop(plane, "VMPL%u shut down (triple fault)", plane->vmpl);
	case VMEXIT_INVALID:
		machine_stop(plane,
			"VMRUN refused the VMSA at GPA 0x%lx of VMPL%u (features 0x%lx)",
			plane->vmsa_gpa, plane->vmpl, plane->sev_features);
	default:
		machine_stop(plane,
			"VMPL%u left by exit 0x%lx (0x%lx, 0x%lx), which no host expects",
			plane->vmpl, exit->code, exit->info_1, exit->info_2);
	}
}

// The interrupt controllers of the PC have no owner until the firmware programs them, and the
// machine enters guests before: nothing may come from the old 8259 pair.
static void legacy_pic_mask(void)
{
	outb(0x21, 0xff);
	outb(0xa1, 0xff);
}

_Noreturn void host_run(struct cpu *cpu)
{
	if (cpu->index == 0) {
		legacy_pic_mask();
		host_memory_map_init();
		pvclock_init();
	}
	host_msr_init(cpu);
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++)
		host_plane_init(&cpu->plane[vmpl]);
	for (;;) {
		// Cleared before the mailbox is read: a kick in between is seen by VMRUN or
		// cpu_wait
		atomic_store(&cpu->kick, false);
		host_mailbox(cpu);
		virtual_apic_timers(cpu);
		struct plane *plane = host_pick(cpu);

		if (!plane) {
			console_flush(cpu);
			cpu_wait(cpu);
			continue;
		}
		struct vmexit exit = {0};

		host_inject(plane);
		vmrun(plane, host_direct_irq(plane), &exit);
		plane_dispatch(plane, &exit);
	}
}
