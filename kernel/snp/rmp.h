// SPDX-License-Identifier: MIT
// PVALIDATE and RMPADJUST on a mapped page, with the result as an error.
#ifndef KERNEL_SNP_RMP_H
#define KERNEL_SNP_RMP_H

#include "hw/rmp.h"
#include "kernel/error.h"
#include "lib/addr.h"

// page_size: RMP_PAGE_4K or RMP_PAGE_2M; va: mapped with that size at least.
// ERR_RMP_UNCHANGED: the page had that state already.
MUST_USE enum error rmp_validate(vaddr_t va, uint32_t page_size, bool valid);

// RMP_PERM_* of one VMPL.
MUST_USE enum error rmp_adjust(
	vaddr_t va, uint32_t page_size, unsigned int vmpl, unsigned int permissions);

// Everything for the guest's VMPL; the levels beside it have nothing.
MUST_USE enum error rmp_grant_guest(vaddr_t va, uint32_t page_size);

// Nothing for any VMPL below ours: the guest may have given rights on to VMPL 3.
MUST_USE enum error rmp_revoke_guest(vaddr_t va, uint32_t page_size);

// Makes a 4 KiB page a VMSA that no VMPL below ours can touch.
MUST_USE enum error rmp_make_vmsa(vaddr_t va);

// An ordinary page again; ERR_RMP_INUSE while a CPU runs on it.
MUST_USE enum error rmp_unmake_vmsa(vaddr_t va);

// Makes it a VMSA that the guest can read: EDK2 and Linux take VMPL and SEV_FEATURES from it after
// they have registered it. rmp_grant_guest makes it an ordinary page again, or answers
// ERR_RMP_INUSE while a CPU runs on it.
MUST_USE enum error rmp_make_guest_vmsa(vaddr_t va);

#endif
