// SPDX-License-Identifier: MIT
#include "tests/guest-bare/tpm.h"

#include "lib/string.h"

uint64_t vtpm_call(uint32_t number, uint64_t gpa)
{
	uint64_t code = SVSM_ERR_BUSY;

	while (code == SVSM_ERR_BUSY || code == SVSM_ERR_INCOMPLETE) {
		struct svsm_call c = {SVSM_CALL(SVSM_PROTOCOL_VTPM, number), gpa, 0, 0, 0};

		code = svsm_call(&c);
	}
	return code;
}

void command_put(uint64_t gpa, uint32_t tag, uint32_t command, const uint8_t *end)
{
	struct vtpm_request *request = buffer_at(gpa);
	uint32_t size = (uint32_t)(end - request->data);

	put32(put32(put16(request->data, tag), size), command);
	request->platform_command = VTPM_SEND_COMMAND;
	request->locality = 0;
	request->size = size;
}

uint32_t response_size(uint64_t gpa)
{
	uint32_t size = 0;

	memcpy(&size, private_ptr(gpa), sizeof(size));
	return size;
}

uint32_t response_code(uint64_t gpa)
{
	if (response_size(gpa) < TPM_HEADER_SIZE ||
		response_size(gpa) != get32(response_data(gpa) + TPM_HEADER_SIZE_AT))
		return TPM_BAD_SIZES;
	return get32(response_data(gpa) + TPM_HEADER_CODE_AT);
}

uint32_t command_run(uint64_t gpa)
{
	return vtpm_call(SVSM_VTPM_CMD, gpa) ? TPM_REFUSED : response_code(gpa);
}

uint8_t *put_password(uint8_t *p)
{
	p = put32(put32(p, 9), TPM_RS_PW);
	p = put16(p, 0);
	*p++ = 0;
	return put16(p, 0);
}

uint32_t get_random(uint64_t gpa, uint16_t bytes)
{
	command_put(gpa, TPM_ST_NO_SESSIONS, TPM_CC_GET_RANDOM, put16(body(gpa), bytes));
	return command_run(gpa);
}

uint32_t tpm_startup(uint64_t gpa, uint16_t type)
{
	command_put(gpa, TPM_ST_NO_SESSIONS, TPM_CC_STARTUP, put16(body(gpa), type));
	return command_run(gpa);
}
