// SPDX-License-Identifier: MIT
#include "kernel/snp/sev_status.h"

#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/section.h"
#include "kernel/terminate.h"

#define STATUS(feature) ((feature) << SEV_STATUS_FEATURE_SHIFT)

#define STATUS_REQUIRED                                                                            \
	(SEV_STATUS_SEV | SEV_STATUS_SEV_ES | SEV_STATUS_SNP | SEV_STATUS_RESTRICTED_INJECTION |   \
		SEV_STATUS_DEBUG_SWAP)
// Features that protect without the kernel doing anything for them.
#define STATUS_ALLOWED                                                                             \
	(STATUS_REQUIRED | STATUS(SEV_FEATURE_PREVENT_HOST_IBS) |                                  \
		STATUS(SEV_FEATURE_BTB_ISOLATION) | STATUS(SEV_FEATURE_SMT_PROTECTION))

static uint64_t sev_status RO_AFTER_INIT;

void sev_status_check(void)
{
	sev_status = cpu_read_msr(MSR_SEV_STATUS);
	// A feature that is not known may change what other rules here rest on.
	if ((sev_status & STATUS_REQUIRED) != STATUS_REQUIRED ||
		(sev_status & ~STATUS_ALLOWED) != 0)
		terminate(TERMINATE_SEV_STATUS);
	log_info("SEV_STATUS 0x%lx: SEV, SEV-ES, SEV-SNP, restricted injection, debug swap",
		sev_status);
}

uint64_t sev_features_own(void)
{
	return sev_status >> SEV_STATUS_FEATURE_SHIFT;
}

uint64_t sev_features_guest(void)
{
	// Unmodified guests do not know the doorbell. Debug registers that the processor swaps need
	// nothing of them, and Linux writes DR7 where it could not ask the host any more (kexec).
	return sev_features_own() & ~SEV_FEATURE_RESTRICTED_INJECTION;
}
