// SPDX-License-Identifier: MIT
// Reverse map table (RMP): one entry for each 4 KiB page of system memory. Source: APM volume 2
// section 15.36.3 and following. Every function takes rmp_lock itself unless its name ends in
// _locked. Addresses: SPA, bytes.
#ifndef CPU_RMP_H
#define CPU_RMP_H

#include "machine/base/machine.h"

struct rmp_entry {
	uint32_t gfn;	      // guest page number that the page is assigned to
	uint8_t assigned : 1; // to the guest (or to the secure processor while immutable)
	uint8_t validated : 1;
	uint8_t immutable : 1;
	uint8_t vmsa : 1;
	uint8_t large : 1;     // part of a 2 MiB entry
	uint8_t scrambled : 1; // contents still to be scrambled before the guest sees them
	uint8_t reserved : 2;
	uint8_t asid;
	uint8_t perms[VMPL_COUNT]; // RMP_PERM_*
	uint8_t pad[6];
};
_Static_assert(sizeof(struct rmp_entry) == 16, "RMP entry");

void rmp_init(void);
// NULL when the SPA is not RAM that the RMP covers.
struct rmp_entry *rmp_entry_locked(uint64_t spa);

// RMPUPDATE (host instruction): assigns a page to the guest or takes it back. Taking back or
// assigning changes the view of the contents (docs/machine.md "Contents"). Returns RMP_SUCCESS,
// RMP_FAIL_INPUT, RMP_FAIL_INUSE (VMSA that runs) or RMP_FAIL_OVERLAP.
struct rmp_update {
	uint64_t gpa;
	bool assigned, immutable, large;
	uint8_t asid;
};
int rmp_update(uint64_t spa, const struct rmp_update *update) __attribute__((warn_unused_result));
// PSMASH (host instruction): splits a 2 MiB entry into 512 of 4 KiB with the same state.
int rmp_psmash(uint64_t spa) __attribute__((warn_unused_result));

// For the secure processor only: a page becomes the guest's, validated, with its contents kept
// (the firmware encrypts in place). VMPL0 gets all permissions, the others none.
int rmp_firmware_assign(uint64_t spa, uint64_t gpa, bool vmsa) __attribute__((warn_unused_result));

// A VMSA page is in use from its VMRUN to the automatic exit.
bool rmp_vmsa_in_use(uint64_t spa);
// The page stops to be a VMSA: no state that a CPU still holds of it may go there.
void rmp_vmsa_gone_locked(uint64_t spa);

// What a host access to a page meets: reads of an assigned page give ciphertext, writes fault.
bool rmp_is_assigned(uint64_t spa);

#endif
