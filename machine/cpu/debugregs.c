// SPDX-License-Identifier: MIT
// DR7. VMRUN and #VMEXIT load it from the VMCB and the machine's own, but QEMU sets breakpoints and
// takes them off only where DR7 is written, by what DR7 was before: one that changed unseen would
// leave a plane's breakpoints to all others, and to the machine. So the machine writes the plane's
// DR7 right before each entry and its own after the exit, and carries out the plane's own writes.
#include "hw/x86.h"
#include "machine/cpu/processor.h"

#define DR7_FIXED    0x400ull
#define DR7_WRITABLE 0xffff23ffull // APM volume 2, section 13.1.1.4
#define DR7_ENABLES  0xffull

static void write(uint64_t value)
{
	__asm__ volatile("movq %0, %%dr7" ::"r"(value));
}

bool dr7_enter(const struct plane *plane)
{
	uint64_t value = plane->core.vmcb->save.dr7;

	if (!(value & DR7_ENABLES))
		return false;
	write(value);
	return true;
}

void dr7_leave(void)
{
	write(DR7_FIXED);
}

// The instruction's length; 0: it is not what the exit says.
static unsigned decode(struct plane *plane, uint64_t *value)
{
	struct instruction insn;

	if (!decode_fetch(plane, &insn) || insn.opcode + 3u > insn.length ||
		insn.bytes[insn.opcode] != 0x0f || insn.bytes[insn.opcode + 1] != 0x23)
		return 0;
	*value = *decode_register(plane, (insn.bytes[insn.opcode + 2] & 7u) | (insn.rex & 1u) << 3);
	if (!plane_is_64bit(plane))
		*value = (uint32_t)*value;
	return insn.opcode + 3u;
}

void dr7_access(struct plane *plane, uint64_t code)
{
	struct vmcb_save *save = &plane->core.vmcb->save;
	unsigned length = 0;
	uint64_t value = 0;

	if (code == VMEXIT_DR5_WRITE && (save->cr4 & CR4_DE)) {
		inject_exception(plane, VEC_UD, false, 0);
	} else if (!(plane->core.sev_features & SEV_FEATURE_DEBUG_SWAP)) {
		inject_vc(plane, VMEXIT_DR7_WRITE);
	} else if ((length = decode(plane, &value)) == 0) {
		machine_stop(
			plane, "exit 0x%lx on an instruction that writes no debug register", code);
	} else if (value >> 32) {
		inject_exception(plane, VEC_GP, true, 0);
	} else {
		save->dr7 = (value & DR7_WRITABLE) | DR7_FIXED;
		plane_advance(plane, length);
	}
}
