// SPDX-License-Identifier: MIT
// The virtual TPM: a TPM 2.0 behind protocol 2.
#include "abi/vtpm.h"
#include "services/vtpm/command.h"
#include "services/vtpm/tpm.h"

static const struct service_call calls[] = {
	{SVSM_PROTOCOL_VTPM, SVSM_VTPM_QUERY, vtpm_query},
	{SVSM_PROTOCOL_VTPM, SVSM_VTPM_CMD, vtpm_command},
};

static uint32_t vtpm_reset(void)
{
	tpm_reset();
	return tpm_has_failed() ? SVSM_ERR_INVALID_REQUEST : SVSM_SUCCESS;
}

static const struct service vtpm = {
	.name = "vtpm",
	.start = tpm_start,
	.reset = vtpm_reset,
	.calls = calls,
	.call_count = ARRAY_SIZE(calls),
};

int main(int argc, char **argv)
{
	return service_run(&vtpm, argc, argv);
}
