// SPDX-License-Identifier: MIT
#include "kernel/snp/ghcb_msr.h"

#include "kernel/cpu.h"
#include "kernel/percpu.h"

static uint64_t ghcb_msr_call(uint64_t request)
{
	cpu_write_msr(MSR_GHCB, request);
	this_cpu()->ghcb_msr_is_gpa = false;
	cpu_vmgexit();
	return cpu_read_msr(MSR_GHCB);
}

bool ghcb_msr_speaks_version(uint16_t version)
{
	uint64_t answer = ghcb_msr_call(GHCB_MSR_SEV_INFO_REQ);
	uint16_t max = (uint16_t)(answer >> 48);
	uint16_t min = (uint16_t)(answer >> 32);

	return (answer & GHCB_MSR_INFO_MASK) == GHCB_MSR_SEV_INFO_RESP && min <= version &&
	       version <= max;
}

enum error ghcb_msr_hv_features(uint64_t *features)
{
	uint64_t answer = ghcb_msr_call(GHCB_MSR_HV_FEATURES_REQ);

	if ((answer & GHCB_MSR_INFO_MASK) != GHCB_MSR_HV_FEATURES_RESP)
		return ERR_HOST;
	*features = answer >> 12;
	return OK;
}

enum error ghcb_msr_register(gpa_t ghcb)
{
	uint64_t answer = ghcb_msr_call(gpa_value(ghcb) | GHCB_MSR_REGISTER_REQ);

	return answer == (gpa_value(ghcb) | GHCB_MSR_REGISTER_RESP) ? OK : ERR_HOST;
}

enum error ghcb_msr_page_state(gpa_t page, uint64_t operation)
{
	uint64_t answer =
		ghcb_msr_call(operation << PSC_ENTRY_OP_SHIFT | gpa_value(page) | GHCB_MSR_PSC_REQ);

	return answer == GHCB_MSR_PSC_RESP ? OK : ERR_HOST;
}

_Noreturn void ghcb_msr_terminate(uint8_t set, uint8_t code)
{
	// The host may come back all the same: ask again, run nothing else.
	for (;;) {
		cpu_write_msr(MSR_GHCB,
			GHCB_MSR_TERMINATE_REQ | (uint64_t)set << 12 | (uint64_t)code << 16);
		cpu_vmgexit();
		cpu_halt();
	}
}
