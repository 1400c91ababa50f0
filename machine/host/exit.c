// SPDX-License-Identifier: MIT
// VMGEXIT: the GHCB MSR says whether a request is in the MSR itself or in a page.
#include "machine/host/ghcb.h"

void host_vmgexit(struct plane *plane)
{
	uint64_t msr = plane->ghcb_msr;

	if (msr & GHCB_MSR_INFO_MASK) {
		console_flush(plane->cpu);
		host_msr_protocol(plane);
		trace_msr(plane, msr);
	} else {
		host_ghcb_exit(plane, msr);
	}
}
