// SPDX-License-Identifier: MIT
// A guest's request to end the run, in words. Reason set 0: AMD document 56421, section 2.3.1 and
// table 2; set 1: Linux (asm/sev-common.h).
#include "lib/util.h"
#include "machine/host/host_plane.h"

static const char *const reasons_general[] = {
	"general termination request",
	"the SEV-ES/GHCB protocol range is not supported",
	"the SEV-SNP features are not supported",
};

static const char *const reasons_linux[] = {
	"GHCB registration failed",
	"page state change failed",
	"PVALIDATE failed",
	"not at VMPL0",
	"CPUID page is not valid",
	"CPUID request to the host failed",
	"secrets page is missing or not valid",
	"no SVSM is named in the secrets page",
	"an SVSM is there but names VMPL0 for the guest",
	"calling area is not page-aligned",
	"secure TSC failed",
	"calling area could not be remapped",
	"secure AVIC failed",
};

static const char *reason_text(unsigned set, unsigned code)
{
	if (set == 0 && code < ARRAY_SIZE(reasons_general))
		return reasons_general[code];
	if (set == 1 && code < ARRAY_SIZE(reasons_linux))
		return reasons_linux[code];
	return "reason of the guest's own";
}

static const char *set_text(unsigned set)
{
	return set == 0 ? "general" : set == 1 ? "Linux" : "other";
}

_Noreturn void host_terminate(struct plane *plane, unsigned set, unsigned code)
{
	console_flush(plane->cpu);
	log_error("cpu%u VMPL%u asked for termination: set %u (%s), code %u: %s", plane->cpu->index,
		plane->vmpl, set, set_text(set), code, reason_text(set, code));
	plane_dump(plane);
	machine_end(END_GUEST_TERMINATED);
}
