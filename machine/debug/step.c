// SPDX-License-Identifier: MIT
// Single step by RFLAGS.TF, which the guest does not see except in frames and PUSHF of the stepped
// instruction. Interrupts of the local APIC wait meanwhile.
#include "hw/x86.h"
#include "machine/cpu/processor.h"
#include "machine/debug/gdb.h"

#define DR6_BS	   (1ull << 14)
#define OPCODE_HLT 0xf4

static struct {
	bool armed;    // TF is the stub's
	bool guest_tf; // and the guest's too
	bool left;     // a frame on some stack may hold the stub's TF
	bool begun;    // rip is where the step began
	uint64_t rip, dr6;
	uint32_t int_ctl;
} steps[CPUS_MAX];

// The processor role carries out some instructions itself, or delivers a #VC for them; TF does not
// trap then.
bool step_completed(struct plane *plane)
{
	unsigned cpu = plane->cpu->index;

	return plane->core.debug_step && steps[cpu].begun &&
	       plane->core.vmcb->save.rip != steps[cpu].rip;
}

static bool halts(struct plane *plane)
{
	struct instruction insn;

	return decode_fetch(plane, &insn) && insn.bytes[insn.opcode] == OPCODE_HLT;
}

void step_arm(struct plane *plane)
{
	struct vmcb *vmcb = plane->core.vmcb;
	unsigned cpu = plane->cpu->index;

	if (!plane->core.debug_step)
		return;
	if (!steps[cpu].begun) {
		steps[cpu].begun = true;
		steps[cpu].rip = vmcb->save.rip;
	}
	steps[cpu].armed = true;
	steps[cpu].guest_tf = vmcb->save.rflags & RFLAGS_TF;
	steps[cpu].dr6 = vmcb->save.dr6;
	steps[cpu].int_ctl = vmcb->control.int_ctl;
	vmcb->save.rflags |= RFLAGS_TF;
	if (!halts(plane))
		vmcb->control.int_ctl |= V_INTR_MASKING;
}

void step_disarm(struct plane *plane)
{
	struct vmcb *vmcb = plane->core.vmcb;
	unsigned cpu = plane->cpu->index;

	if (!steps[cpu].armed)
		return;
	steps[cpu].armed = false;
	vmcb->control.int_ctl = steps[cpu].int_ctl;
	if (!steps[cpu].guest_tf)
		vmcb->save.rflags &= ~(uint64_t)RFLAGS_TF;
}

bool step_hit(struct plane *plane, bool *swallow)
{
	struct vmcb_save *save = &plane->core.vmcb->save;
	unsigned cpu = plane->cpu->index;

	if (!(save->dr6 & DR6_BS))
		return false;
	if (plane->core.debug_step) {
		save->dr6 = steps[cpu].dr6;
		if (steps[cpu].guest_tf)
			inject_exception(plane, VEC_DB, false, 0);
		plane->core.debug_step = false;
		steps[cpu].begun = false;
		return true;
	}
	if (steps[cpu].left) {
		steps[cpu].left = false;
		save->dr6 &= ~DR6_BS;
		save->rflags &= ~(uint64_t)RFLAGS_TF;
		*swallow = true;
	}
	return false;
}

// Also after a completed step_completed(): then nothing of TF is left behind.
void step_forget(struct plane *plane)
{
	unsigned cpu = plane->cpu->index;

	if (plane->core.debug_step && !step_completed(plane))
		steps[cpu].left = true;
	plane->core.debug_step = false;
	steps[cpu].begun = false;
}
