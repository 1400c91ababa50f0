// SPDX-License-Identifier: MIT
// The host's nested page table, as the processor walks it: what a guest-physical address is.
#ifndef HOST_NPT_H
#define HOST_NPT_H

#include "machine/base/machine.h"

enum npt_kind {
	NPT_NONE, // not present: #NPF to the host
	NPT_RAM,  // memory
	NPT_MMIO, // reserved bit set: the access becomes #VC with code 0x400 (host emulates a
		  // device)
};

struct npt_mapping {
	enum npt_kind kind;
	uint64_t spa; // of the page that holds gpa
	bool large;   // the 2 MiB region around it is mapped as one
};

// Never faults, takes no lock. gpa has no C-bit.
struct npt_mapping host_npt_walk(uint64_t gpa);

#endif
