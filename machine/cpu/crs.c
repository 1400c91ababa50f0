// SPDX-License-Identifier: MIT
// CR0, whose change moves the plane between "all private" and "the C-bit decides".
#include "hw/x86.h"
#include "machine/cpu/processor.h"

#define CR0_KEPT                                                                                   \
	(CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | \
		CR0_PG)

static bool cr0_allowed(const struct vmcb_save *save, uint64_t value)
{
	bool turns_on = (value & CR0_PG) && !(save->cr0 & CR0_PG);

	if ((value & CR0_PG) && !(value & CR0_PE))
		return false;
	if ((value & CR0_NW) && !(value & CR0_CD))
		return false;
	if (turns_on && (save->efer & EFER_LME) &&
		(!(save->cr4 & CR4_PAE) || (save->cs.attrib & SEG_ATTR_L)))
		return false;
	return (value & CR0_PG) || !(save->efer & EFER_LMA) || !(save->cs.attrib & SEG_ATTR_L);
}

static bool cr0_write(struct plane *plane, uint64_t value)
{
	struct vmcb_save *save = &plane->core.vmcb->save;

	if (value >> 32 || !cr0_allowed(save, value))
		return false;
	if ((value & CR0_PG) && (save->efer & EFER_LME))
		save->efer |= EFER_LMA;
	if (!(value & CR0_PG))
		save->efer &= ~(uint64_t)EFER_LMA;
	save->cr0 = (value & CR0_KEPT) | CR0_ET;
	return true;
}

static bool move(struct plane *plane, const struct instruction *insn)
{
	const uint8_t *op = &insn->bytes[insn->opcode];
	unsigned cr = (op[2] >> 3 & 7) | (insn->rex & 4u) << 1;
	uint64_t value = *decode_register(plane, (op[2] & 7u) | (insn->rex & 1u) << 3);

	return cr == 0 && cr0_write(plane, plane_is_64bit(plane) ? value : (uint32_t)value);
}

// LMSW can set PE and change MP, EM, TS; register form only.
static bool load_status(struct plane *plane, const struct instruction *insn)
{
	uint8_t modrm = insn->bytes[insn->opcode + 2];
	uint64_t cr0 = plane->core.vmcb->save.cr0, *reg;

	if ((modrm & 0xf8) != 0xf0)
		return false;
	reg = decode_register(plane, (modrm & 7u) | (insn->rex & 1u) << 3);
	return cr0_write(plane, (cr0 & ~0xeull) | (*reg & 0xf));
}

void cr_access(struct plane *plane, uint64_t code)
{
	struct instruction insn;
	bool ok = false;

	if (!decode_fetch(plane, &insn) || insn.opcode + 3u > insn.length ||
		insn.bytes[insn.opcode] != 0x0f)
		machine_stop(plane,
			"exit 0x%lx on an instruction that is no access to a control register",
			code);
	if (insn.bytes[insn.opcode + 1] == 0x22)
		ok = move(plane, &insn);
	else if (insn.bytes[insn.opcode + 1] == 0x01)
		ok = load_status(plane, &insn);
	if (ok)
		plane_advance(plane, insn.opcode + 3u);
	else
		inject_exception(plane, VEC_GP, true, 0);
}
