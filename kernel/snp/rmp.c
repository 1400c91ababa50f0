// SPDX-License-Identifier: MIT
#include "kernel/snp/rmp.h"

#include "kernel/cpu.h"

// RMPADJUST of the VMSA bit has to name a VMPL below ours (APM 3, RMPADJUST); this one never gets
// rights, so giving it none changes nothing else.
#define VMPL_UNUSED 1

static MUST_USE enum error rmp_error(struct cpu_rmp_result result)
{
	if (result.faulted)
		return ERR_FAULT;
	switch (result.code) {
	case RMP_SUCCESS:
		return result.unchanged ? ERR_RMP_UNCHANGED : OK;
	case RMP_FAIL_PERMISSION:
		return ERR_RMP_PERMISSION;
	case RMP_FAIL_INUSE:
		return ERR_RMP_INUSE;
	case RMP_FAIL_OVERLAP:
		return ERR_RMP_OVERLAP;
	case RMP_FAIL_SIZEMISMATCH:
		return ERR_RMP_SIZEMISMATCH;
	default:
		return ERR_RMP_INPUT;
	}
}

enum error rmp_validate(vaddr_t va, uint32_t page_size, bool valid)
{
	return rmp_error(cpu_pvalidate(vaddr_value(va), page_size, valid));
}

enum error rmp_adjust(vaddr_t va, uint32_t page_size, unsigned int vmpl, unsigned int permissions)
{
	return rmp_error(cpu_rmpadjust(
		vaddr_value(va), page_size, vmpl | permissions << RMPADJUST_PERM_SHIFT));
}

enum error rmp_grant_guest(vaddr_t va, uint32_t page_size)
{
	return rmp_adjust(va, page_size, SVSM_GUEST_VMPL, RMP_PERM_RWX);
}

enum error rmp_revoke_guest(vaddr_t va, uint32_t page_size)
{
	enum error err = rmp_adjust(va, page_size, SVSM_GUEST_VMPL, 0);

	if (err != OK)
		return err;
	return rmp_adjust(va, page_size, SVSM_GUEST_VMPL + 1, 0);
}

enum error rmp_make_vmsa(vaddr_t va)
{
	return rmp_error(cpu_rmpadjust(vaddr_value(va), RMP_PAGE_4K, VMPL_UNUSED | RMPADJUST_VMSA));
}

enum error rmp_unmake_vmsa(vaddr_t va)
{
	return rmp_adjust(va, RMP_PAGE_4K, VMPL_UNUSED, 0);
}

enum error rmp_make_guest_vmsa(vaddr_t va)
{
	return rmp_error(cpu_rmpadjust(vaddr_value(va), RMP_PAGE_4K,
		SVSM_GUEST_VMPL | RMP_PERM_R << RMPADJUST_PERM_SHIFT | RMPADJUST_VMSA));
}
