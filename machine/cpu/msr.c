// SPDX-License-Identifier: MIT
// MSRs that the processor itself answers, and which ones a guest reaches without an exit: those the
// VMSA holds, as KVM lets SEV-ES guests have them.
#include "hw/x86.h"
#include "lib/string.h"
#include "machine/cpu/processor.h"

#define MAP_SIZE      8192
#define MSR_SPEC_CTRL 0x48
#define MSR_PRED_CMD  0x49

static const uint32_t direct[] = {
	MSR_TSC,
	MSR_SPEC_CTRL,
	MSR_PRED_CMD,
	MSR_SYSENTER_CS,
	MSR_SYSENTER_ESP,
	MSR_SYSENTER_EIP,
	MSR_PAT,
	MSR_EFER,
	MSR_STAR,
	MSR_LSTAR,
	MSR_CSTAR,
	MSR_SFMASK,
	MSR_FS_BASE,
	MSR_GS_BASE,
	MSR_KERNEL_GS_BASE,
	MSR_TSC_AUX,
};

static uint32_t map_bit(uint32_t msr)
{
	if (msr >= 0xc0010000)
		return 0x8000 + (msr - 0xc0010000) * 2;
	if (msr >= 0xc0000000)
		return 0x4000 + (msr - 0xc0000000) * 2;
	return msr * 2;
}

void msr_permissions(uint8_t *map)
{
	memset(map, 0xff, MAP_SIZE);
	for (size_t i = 0; i < sizeof(direct) / sizeof(direct[0]); i++) {
		uint32_t bit = map_bit(direct[i]);

		map[bit / 8] &= (uint8_t) ~(3u << bit % 8);
	}
}

static uint64_t sev_status(const struct plane *plane)
{
	return SEV_STATUS_SEV | SEV_STATUS_SEV_ES |
	       plane->core.sev_features << SEV_STATUS_FEATURE_SHIFT;
}

static bool msr_read(struct plane *plane, uint32_t msr, uint64_t *value)
{
	if (msr == MSR_SEV_STATUS)
		*value = sev_status(plane);
	else if (msr == MSR_GHCB)
		*value = plane->ghcb_msr;
	else
		return false;
	return true;
}

bool msr_access(struct plane *plane, bool write)
{
	struct vmcb_save *save = &plane->core.vmcb->save;
	uint32_t msr = (uint32_t)plane->core.regs.rcx;
	struct instruction insn;
	uint64_t value;

	if (msr != MSR_SEV_STATUS && msr != MSR_GHCB)
		return false;
	if (!decode_fetch(plane, &insn) || plane_cpl(plane) != 0 ||
		(write && msr == MSR_SEV_STATUS)) {
		inject_exception(plane, VEC_GP, true, 0);
		return true;
	}
	if (write) {
		plane->ghcb_msr = (uint32_t)save->rax | plane->core.regs.rdx << 32;
	} else if (msr_read(plane, msr, &value)) {
		save->rax = (uint32_t)value;
		plane->core.regs.rdx = value >> 32;
	}
	plane_advance(plane, insn.opcode + 2u);
	return true;
}
