// SPDX-License-Identifier: MIT
#include "services/vtpm/banks.h"

#include "hw/tpm.h"
#include "services/vtpm/own.h"

#define ALL_PCRS 0xff // in each of three bytes

bool banks_choose(void)
{
	static const struct {
		uint16_t hash;
		uint8_t pcrs;
	} banks[] = {
		{TPM_ALG_SHA1, 0},
		{TPM_ALG_SHA256, ALL_PCRS},
		{TPM_ALG_SHA384, ALL_PCRS},
		{TPM_ALG_SHA512, 0},
	};
	uint8_t buffer[128];
	struct wire_writer w =
		own_begin(buffer, sizeof(buffer), TPM_ST_SESSIONS, TPM_CC_PCR_ALLOCATE);

	wire_put32(&w, TPM_RH_PLATFORM);
	own_no_password(&w);
	wire_put32(&w, ARRAY_SIZE(banks));
	for (size_t i = 0; i < ARRAY_SIZE(banks); i++) {
		wire_put16(&w, banks[i].hash);
		wire_put8(&w, 3);
		for (unsigned byte = 0; byte < 3; byte++)
			wire_put8(&w, banks[i].pcrs);
	}
	// Response: size of the parameters, then whether the TPM has room for the choice
	return own_run(&w, "TPM2_PCR_Allocate") && buffer[TPM_HEADER_SIZE + 4] == 1;
}
