// SPDX-License-Identifier: MIT
/*
 * The TPM: libtpms, its state in this process's memory, its random numbers from the kernel.
 *
 * Anything that goes wrong inside ends in the TPM's failure mode: from then on it answers
 * TPM_RC_FAILURE, and there is no way out but a new process. In particular nothing here can be
 * asked to start the TPM again, which is what would reset the PCRs.
 */
#ifndef SERVICES_VTPM_TPM_H
#define SERVICES_VTPM_TPM_H

#include "lib/util.h"

// Manufactures a TPM and puts power on: it waits for TPM2_Startup. After a failure it is in
// failure mode.
void tpm_start(void);

// Executes one command and gives the size of the response, which always is one: at most `room`,
// which is at least that of a header. The command's bytes are changed.
MUST_USE uint32_t tpm_execute(uint8_t *command, uint32_t size, uint8_t *response, uint32_t room);

// Failure mode, now and for good. The first reason is logged.
void tpm_fail(const char *reason);
bool tpm_has_failed(void);

// Power off and on again, with what was to survive that. Nothing in the programs for the SVSM calls
// it once the TPM has been manufactured; without effect in failure mode.
void tpm_power_cycle(void);

// The same for a guest that starts anew: whatever it told the TPM to save, Startup(CLEAR) is next.
void tpm_reset(void);

#endif
