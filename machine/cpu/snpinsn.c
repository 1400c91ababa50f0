// SPDX-License-Identifier: MIT
// Instructions that QEMU's processor does not know (#UD) and an SNP processor does: PVALIDATE,
// RMPADJUST, RMPQUERY, and RDSEED, INVLPGB, TLBSYNC. Source: APM volume 3, instruction pages; what
// of it could not be checked on silicon is in docs/caveats.md.
#include "hw/x86.h"
#include "machine/cpu/processor.h"
#include "machine/host/npt.h"

#define PAGES_2M 512

// Operand of one of the RMP instructions: its page, as the nested table and the RMP have it.
struct rmp_operand {
	uint64_t linear;
	uint64_t count; // 4 KiB pages: 1 or 512
	uint64_t gpa, spa;
	struct rmp_entry *entry; // first page's
};

enum operand_result { OPERAND_OK, OPERAND_RAISED, OPERAND_FAIL, OPERAND_EXIT };

static void result(struct plane *plane, const struct instruction *insn, uint32_t code)
{
	plane->core.vmcb->save.rax = code;
	plane_advance(plane, insn->opcode + 3u);
}

static void npf(struct vmexit *exit, uint64_t gpa, uint64_t info)
{
	*exit = (struct vmexit){
		VMEXIT_NPF, NPF_RMP | NPF_ENC | NPF_FINAL | NPF_P | NPF_W | info, gpa};
}

static bool is_canonical(uint64_t linear)
{
	return (uint64_t)((int64_t)(linear << 16) >> 16) == linear;
}

// Translation and the checks that all three share. *code: result when OPERAND_FAIL.
static enum operand_result operand(
	struct plane *plane, struct rmp_operand *op, uint32_t *code, struct vmexit *exit)
{
	struct guest_page page;
	struct npt_mapping map;
	uint64_t size = plane->core.regs.rcx;

	op->linear = plane->core.vmcb->save.rax;
	if (!plane_is_64bit(plane)) {
		op->linear &= 0xffffffff;
		size &= 0xffffffff;
	}
	if (!is_canonical(op->linear)) {
		inject_exception(plane, VEC_GP, true, 0);
		return OPERAND_RAISED;
	}
	*code = RMP_FAIL_INPUT;
	if (size > RMP_PAGE_2M)
		return OPERAND_FAIL;
	op->count = size == RMP_PAGE_2M ? PAGES_2M : 1;
	op->linear &= PAGE_MASK;
	if (op->linear & (op->count * PAGE_SIZE - 1))
		return OPERAND_FAIL;
	if (!walk_translate(plane, op->linear, &page)) {
		inject_pf(plane, op->linear, 0);
		return OPERAND_RAISED;
	}
	if (!page.encrypted)
		return OPERAND_FAIL;
	op->gpa = page.gpa;
	map = host_npt_walk(page.gpa);
	op->spa = map.spa & PAGE_MASK;
	op->entry = map.kind == NPT_RAM ? rmp_entry_locked(op->spa) : NULL;
	if (!op->entry) {
		npf(exit, page.gpa, 0);
		exit->info_1 &= ~NPF_RMP;
		return OPERAND_EXIT;
	}
	*code = RMP_FAIL_SIZEMISMATCH;
	if (op->count > 1 &&
		(!map.large || op->spa & (LARGE_PAGE_SIZE - 1) || op->gpa & (LARGE_PAGE_SIZE - 1)))
		return OPERAND_FAIL;
	return OPERAND_OK;
}

// With rmp_lock: the entry is the guest's and has the operand's size.
static enum operand_result operand_check(
	const struct rmp_operand *op, uint32_t *code, struct vmexit *exit)
{
	const struct rmp_entry *entry = op->entry;

	if (!entry->assigned || entry->immutable || entry->gfn != op->gpa >> PAGE_SHIFT) {
		npf(exit, op->gpa, 0);
		return OPERAND_EXIT;
	}
	if (op->count == 1 && entry->large) {
		npf(exit, op->gpa, NPF_SIZEM);
		return OPERAND_EXIT;
	}
	*code = RMP_FAIL_SIZEMISMATCH;
	return op->count > 1 && !entry->large ? OPERAND_FAIL : OPERAND_OK;
}

static void carry_set(struct plane *plane, bool carry)
{
	uint64_t *rflags = &plane->core.vmcb->save.rflags;

	*rflags = (*rflags & ~(uint64_t)RFLAGS_CF) | (carry ? RFLAGS_CF : 0);
}

static void validated_set(struct rmp_operand *op, bool validate)
{
	for (uint64_t i = 0; i < op->count; i++)
		op->entry[i].validated = validate;
	if (validate)
		return;
	npt_zap_locked(op->gpa >> PAGE_SHIFT, op->count);
	npt_flush_others_locked();
}

static bool pvalidate(struct plane *plane, const struct instruction *insn, struct vmexit *exit)
{
	struct rmp_operand op;
	uint32_t code;
	bool validate = plane->core.regs.rdx & 1, changed = false;
	enum operand_result r;

	if (plane->vmpl != 0) {
		inject_exception(plane, VEC_GP, true, 0);
		return true;
	}
	r = operand(plane, &op, &code, exit);
	if (r == OPERAND_OK) {
		spin_lock(&rmp_lock);
		r = operand_check(&op, &code, exit);
		if (r == OPERAND_OK) {
			code = RMP_SUCCESS;
			changed = op.entry->validated != validate;
			if (changed)
				validated_set(&op, validate);
		}
		spin_unlock(&rmp_lock);
	}
	if (r == OPERAND_RAISED)
		return true;
	if (r == OPERAND_EXIT)
		return false;
	carry_set(plane, code == RMP_SUCCESS && !changed);
	result(plane, insn, code);
	return true;
}

static uint32_t adjust_refused(const struct plane *plane, const struct rmp_operand *op,
	unsigned target, uint8_t perms, bool vmsa)
{
	const struct rmp_entry *entry = op->entry;

	if (target >= VMPL_COUNT || (vmsa && op->count > 1))
		return RMP_FAIL_INPUT;
	if (target <= plane->vmpl || (perms & ~entry->perms[plane->vmpl]))
		return RMP_FAIL_PERMISSION;
	if ((vmsa || entry->vmsa) && plane->vmpl != 0 && vmsa != entry->vmsa)
		return RMP_FAIL_PERMISSION;
	if (entry->vmsa && rmp_vmsa_in_use(op->spa))
		return RMP_FAIL_INUSE;
	return RMP_SUCCESS;
}

static void adjust_apply(struct rmp_operand *op, unsigned target, uint8_t perms, bool vmsa)
{
	bool less = op->entry->vmsa != vmsa;

	if (op->entry->vmsa && !vmsa)
		rmp_vmsa_gone_locked(op->spa);
	for (uint64_t i = 0; i < op->count; i++) {
		less |= op->entry[i].perms[target] & ~perms;
		op->entry[i].perms[target] = perms;
		op->entry[i].vmsa = vmsa;
	}
	if (!less)
		return;
	npt_zap_locked(op->gpa >> PAGE_SHIFT, op->count);
	npt_flush_others_locked();
}

static bool rmpadjust(struct plane *plane, const struct instruction *insn, struct vmexit *exit)
{
	struct rmp_operand op;
	uint64_t rdx = plane->core.regs.rdx;
	unsigned target = rdx & 0xff;
	uint8_t perms = (uint8_t)(rdx >> RMPADJUST_PERM_SHIFT);
	bool vmsa = rdx & RMPADJUST_VMSA, invalid = false;
	uint32_t code = RMP_FAIL_INPUT;
	enum operand_result r;

	if (rdx >> 17 || perms & ~RMP_PERM_RWX) { // supervisor shadow stack pages: refused
		result(plane, insn, RMP_FAIL_INPUT);
		return true;
	}
	r = operand(plane, &op, &code, exit);
	if (r == OPERAND_OK) {
		spin_lock(&rmp_lock);
		r = operand_check(&op, &code, exit);
		invalid = r == OPERAND_OK && !op.entry->validated;
		if (r == OPERAND_OK && !invalid) {
			code = adjust_refused(plane, &op, target, perms, vmsa);
			if (code == RMP_SUCCESS)
				adjust_apply(&op, target, perms, vmsa);
		}
		spin_unlock(&rmp_lock);
	}
	if (invalid)
		inject_vc(plane, VMEXIT_PAGE_NOT_VALIDATED);
	if (invalid || r == OPERAND_RAISED)
		return true;
	if (r == OPERAND_EXIT)
		return false;
	result(plane, insn, code);
	return true;
}

static bool rmpquery(struct plane *plane, const struct instruction *insn, struct vmexit *exit)
{
	struct rmp_operand op;
	unsigned target = plane->core.regs.rdx & 0xff;
	uint32_t code = RMP_FAIL_INPUT;
	enum operand_result r;

	plane->core.regs.rcx = RMP_PAGE_4K; // output on return; as input the query has no size
	r = operand(plane, &op, &code, exit);
	if (r == OPERAND_RAISED)
		return true;
	if (r == OPERAND_EXIT)
		return false;
	if (r == OPERAND_OK && target >= VMPL_COUNT) {
		code = RMP_FAIL_INPUT;
	} else if (r == OPERAND_OK && target < plane->vmpl) {
		code = RMP_FAIL_PERMISSION;
	} else if (r == OPERAND_OK) {
		struct rmp_entry entry = *op.entry;

		if (!entry.assigned || entry.gfn != op.gpa >> PAGE_SHIFT) {
			npf(exit, op.gpa, 0);
			return false;
		}
		plane->core.regs.rcx = entry.large ? RMP_PAGE_2M : RMP_PAGE_4K;
		plane->core.regs.rdx = target |
				       (uint64_t)entry.perms[target] << RMPADJUST_PERM_SHIFT |
				       (entry.vmsa ? RMPADJUST_VMSA : 0);
		code = RMP_SUCCESS;
	}
	result(plane, insn, code);
	return true;
}

// RDSEED from RDRAND: QEMU 7.2 has only the latter, both take the host's random numbers.
static bool rdseed(struct plane *plane, const struct instruction *insn)
{
	uint8_t modrm = insn->bytes[insn->opcode + 2];
	uint64_t *reg = decode_register(plane, (modrm & 7u) | (insn->rex & 1u) << 3), value;
	bool ok;

	__asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(ok));
	if (!ok)
		value = 0;
	if (insn->rex & 8)
		*reg = value;
	else if (insn->opsize)
		*reg = (*reg & ~0xffffull) | (value & 0xffff);
	else
		*reg = (uint32_t)value;
	plane->core.vmcb->save.rflags &= ~0x8d5ull; // OF SF ZF AF PF CF
	carry_set(plane, ok);
	plane_advance(plane, insn->opcode + 3u);
	return true;
}

// Every VMRUN starts with an empty TLB here, so a kick of the other CPUs is a broadcast flush.
static bool tlb_broadcast(struct plane *plane, const struct instruction *insn, bool wait)
{
	if (!wait) {
		spin_lock(&rmp_lock);
		npt_flush_force_locked();
		spin_unlock(&rmp_lock);
	}
	plane_advance(plane, insn->opcode + 3u);
	return true;
}

static bool group_0f01(struct plane *plane, const struct instruction *insn, struct vmexit *exit)
{
	uint8_t third = insn->bytes[insn->opcode + 2];

	if (third != 0xff && third != 0xfe && third != 0xfd)
		return false;
	if (plane_cpl(plane) != 0) {
		inject_exception(plane, VEC_GP, true, 0);
		return true;
	}
	if (insn->repne && third == 0xff)
		return pvalidate(plane, insn, exit) || exit->code == VMEXIT_NPF;
	if (insn->rep && third == 0xfe)
		return rmpadjust(plane, insn, exit) || exit->code == VMEXIT_NPF;
	if (insn->rep && third == 0xfd)
		return rmpquery(plane, insn, exit) || exit->code == VMEXIT_NPF;
	if (!insn->rep && !insn->repne && third != 0xfd)
		return tlb_broadcast(plane, insn, third == 0xff);
	return false;
}

bool undefined_emulate(struct plane *plane, struct vmexit *exit)
{
	struct instruction insn;
	const uint8_t *op;

	if (!decode_fetch(plane, &insn) || insn.opcode + 3u > insn.length)
		return false;
	op = &insn.bytes[insn.opcode];
	if (op[0] != 0x0f)
		return false;
	if (op[1] == 0x01)
		return group_0f01(plane, &insn, exit);
	if (op[1] == 0xc7 && (op[2] & 0xf8) == 0xf8 && !insn.rep)
		return rdseed(plane, &insn);
	return false;
}
