// SPDX-License-Identifier: MIT
// PCRs of the SHA-256 bank.
#include "tests/guest-bare/tpm.h"

#include "lib/string.h"

#define TPM_CC_PCR_RESET  0x13d
#define TPM_CC_PCR_EXTEND 0x182

uint32_t pcr_extend(uint64_t gpa, uint32_t pcr, uint8_t value)
{
	uint8_t *p = put_password(put32(body(gpa), pcr));

	p = put16(put32(p, 1), TPM_ALG_SHA256);
	memset(p, value, PCR_SIZE);
	command_put(gpa, TPM_ST_SESSIONS, TPM_CC_PCR_EXTEND, p + PCR_SIZE);
	return command_run(gpa);
}

uint32_t pcr_reset(uint64_t gpa, uint32_t pcr)
{
	command_put(gpa, TPM_ST_SESSIONS, TPM_CC_PCR_RESET, put_password(put32(body(gpa), pcr)));
	return command_run(gpa);
}

// The value of one PCR of the SHA-256 bank. In the response: update counter, selection (count,
// algorithm, size, three bytes), count, size, digest.
bool pcr_read(uint64_t gpa, uint32_t pcr, uint8_t value[PCR_SIZE])
{
	uint8_t *p = put16(put32(body(gpa), 1), TPM_ALG_SHA256);

	*p++ = 3;
	for (uint32_t i = 0; i < 3; i++)
		*p++ = pcr / 8 == i ? (uint8_t)(1u << pcr % 8) : 0;
	command_put(gpa, TPM_ST_NO_SESSIONS, TPM_CC_PCR_READ, p);
	if (command_run(gpa) || response_size(gpa) < TPM_HEADER_SIZE + 20 + PCR_SIZE)
		return false;
	memcpy(value, response_data(gpa) + TPM_HEADER_SIZE + 20, PCR_SIZE);
	return true;
}
