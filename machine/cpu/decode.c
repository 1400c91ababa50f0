// SPDX-License-Identifier: MIT
// As much of an instruction as the processor role needs: prefixes, opcode place, register operand.
#include "hw/x86.h"
#include "machine/cpu/processor.h"

bool plane_is_64bit(const struct plane *plane)
{
	const struct vmcb_save *save = &plane->core.vmcb->save;

	return (save->efer & EFER_LMA) && (save->cs.attrib & SEG_ATTR_L);
}

unsigned plane_cpl(const struct plane *plane)
{
	return plane->core.vmcb->save.cpl;
}

// Bytes at CS:RIP up to the end of what is mapped. linear is where they start.
static unsigned fetch(struct plane *plane, uint8_t bytes[15])
{
	const struct vmcb_save *save = &plane->core.vmcb->save;
	uint64_t linear = save->rip + (plane_is_64bit(plane) ? 0 : save->cs.base);
	unsigned first = (unsigned)(PAGE_SIZE - (linear & (PAGE_SIZE - 1)));

	if (first > 15)
		first = 15;
	if (!walk_fetch(plane, linear, bytes, first))
		return 0;
	if (first < 15 && walk_fetch(plane, linear + first, bytes + first, 15 - first))
		return 15;
	return first;
}

bool decode_fetch(struct plane *plane, struct instruction *insn)
{
	*insn = (struct instruction){0};
	insn->length = (uint8_t)fetch(plane, insn->bytes);
	for (unsigned i = 0; i < insn->length; i++) {
		uint8_t byte = insn->bytes[i];

		insn->opcode = (uint8_t)i;
		if (byte == 0xf3)
			insn->rep = true, insn->repne = false;
		else if (byte == 0xf2)
			insn->repne = true, insn->rep = false;
		else if (byte == 0x66)
			insn->opsize = true;
		else if (plane_is_64bit(plane) && (byte & 0xf0) == 0x40)
			insn->rex = byte;
		else if (byte != 0x67 && byte != 0x2e && byte != 0x36 && byte != 0x3e &&
			 byte != 0x26 && byte != 0x64 && byte != 0x65 && byte != 0xf0)
			return true;
	}
	return false;
}

uint64_t *decode_register(struct plane *plane, unsigned number)
{
	struct guest_regs *regs = &plane->core.regs;
	struct vmcb_save *save = &plane->core.vmcb->save;
	uint64_t *const table[16] = {&save->rax, &regs->rcx, &regs->rdx, &regs->rbx, &save->rsp,
		&regs->rbp, &regs->rsi, &regs->rdi, &regs->r8, &regs->r9, &regs->r10, &regs->r11,
		&regs->r12, &regs->r13, &regs->r14, &regs->r15};

	return table[number & 15];
}

void plane_advance(struct plane *plane, unsigned bytes)
{
	plane->core.vmcb->save.rip += bytes;
	if (!plane_is_64bit(plane))
		plane->core.vmcb->save.rip &= 0xffffffff;
	plane->core.vmcb->control.int_state = 0;
}
