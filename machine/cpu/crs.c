// SPDX-License-Identifier: MIT
// Control registers whose change moves the plane between "all private" and "the C-bit decides": CR0
// always, CR3 while the guest's value lacks the C-bit. (Page-table walks are private whatever CR3's
// C-bit says, but QEMU's walker goes where the address points: so CR3 gets the bit, and the guest is
// shown its own value.)
#include "hw/x86.h"
#include "machine/cpu/processor.h"

#define CR0_KEPT (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG)

static bool cr0_allowed(const struct vmcb_save *save, uint64_t value)
{
	bool turns_on = (value & CR0_PG) && !(save->cr0 & CR0_PG);

	if ((value & CR0_PG) && !(value & CR0_PE))
		return false;
	if ((value & CR0_NW) && !(value & CR0_CD))
		return false;
	if (turns_on && (save->efer & EFER_LME) && (!(save->cr4 & CR4_PAE) || (save->cs.attrib & SEG_ATTR_L)))
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

static bool cr3_write(struct plane *plane, uint64_t value)
{
	if (value >> (CBIT_POSITION + 1))
		return false;
	plane->core.cr3_forced = !(value & CBIT);
	plane->core.vmcb->save.cr3 = value | CBIT;
	return true;
}

static bool cr_write(struct plane *plane, unsigned cr, uint64_t value)
{
	return cr == 0 ? cr0_write(plane, value) : cr == 3 ? cr3_write(plane, value) : false;
}

static bool move(struct plane *plane, const struct instruction *insn)
{
	const uint8_t *op = &insn->bytes[insn->opcode];
	unsigned cr = (op[2] >> 3 & 7) | (insn->rex & 4u) << 1;
	uint64_t *reg = decode_register(plane, (op[2] & 7u) | (insn->rex & 1u) << 3);

	if (op[1] == 0x22)
		return cr_write(plane, cr, plane_is_64bit(plane) ? *reg : (uint32_t)*reg);
	if (cr != 3)
		return false;
	*reg = plane->core.vmcb->save.cr3 & (plane->core.cr3_forced ? ~CBIT : ~0ull);
	return true;
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

	if (!decode_fetch(plane, &insn) || insn.opcode + 3u > insn.length || insn.bytes[insn.opcode] != 0x0f)
		machine_stop(plane, "exit 0x%lx on an instruction that is no access to a control register", code);
	if (insn.bytes[insn.opcode + 1] == 0x22 || insn.bytes[insn.opcode + 1] == 0x20)
		ok = move(plane, &insn);
	else if (insn.bytes[insn.opcode + 1] == 0x01)
		ok = load_status(plane, &insn);
	if (ok)
		plane_advance(plane, insn.opcode + 3u);
	else
		inject_exception(plane, VEC_GP, true, 0);
}
