// SPDX-License-Identifier: MIT
#include "tests/guest-bare/steps.h"

// inSensitive, inPublic (a storage key, AES-128 in CFB mode), outsideInfo, creationPCR
void put_rsa_key(uint64_t gpa, uint32_t unique)
{
	uint8_t *p = put_password(put32(body(gpa), TPM_RH_OWNER));

	p = put16(put16(put16(p, 4), 0), 0);
	p = put16(p, 30);
	p = put16(put16(p, TPM_ALG_RSA), TPM_ALG_SHA256);
	p = put32(p, TPM_OBJECT_FIXED_TPM | TPM_OBJECT_FIXED_PARENT | TPM_OBJECT_SENSITIVE_ORIGIN |
			     TPM_OBJECT_USER_WITH_AUTH | TPM_OBJECT_RESTRICTED |
			     TPM_OBJECT_DECRYPT);
	p = put16(p, 0);
	p = put16(put16(put16(p, TPM_ALG_AES), 128), TPM_ALG_CFB);
	p = put32(put16(put16(p, TPM_ALG_NULL), 2048), 0);
	p = put32(put16(p, 4), unique);
	p = put32(put16(p, 0), 0);
	command_put(gpa, TPM_ST_SESSIONS, TPM_CC_CREATE_PRIMARY, p);
}

bool object_flush(uint64_t gpa, uint32_t handle)
{
	command_put(gpa, TPM_ST_NO_SESSIONS, TPM_CC_FLUSH_CONTEXT, put32(body(gpa), handle));
	return command_run(gpa) == TPM_RC_SUCCESS;
}

uint64_t command_call_once(uint64_t gpa)
{
	struct svsm_call c = {SVSM_CALL(SVSM_PROTOCOL_VTPM, SVSM_VTPM_CMD), gpa, 0, 0, 0};
	uint64_t code = svsm_call(&c);

	if (c.rcx != gpa)
		report_abort("RCX came back as 0x%lx", c.rcx);
	return code;
}

uint64_t step_begin(uint64_t gpa)
{
	buffer_at(gpa)->platform_command = VTPM_SEND_IN_STEPS;
	return command_call_once(gpa);
}

uint64_t step_resume(uint64_t gpa, uint64_t ticket)
{
	struct vtpm_step_request *request = private_ptr(gpa);

	*request = (struct vtpm_step_request){VTPM_SEND_IN_STEPS, 0, 0, ticket};
	return command_call_once(gpa);
}

uint64_t step_ticket(uint64_t gpa)
{
	const struct vtpm_step_response *response = private_ptr(gpa);

	return response->size == 0 ? response->ticket : 0;
}

uint32_t step_finish(uint64_t gpa, uint64_t ticket)
{
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		if (step_resume(gpa, ticket))
			return TPM_REFUSED;
		if (response_size(gpa) != 0)
			return response_code(gpa);
		if (step_ticket(gpa) != ticket)
			return STEP_OTHER_TICKET;
	}
	return STEP_NO_END;
}

uint32_t run_in_steps(uint64_t gpa)
{
	if (step_begin(gpa))
		return TPM_REFUSED;
	return step_ticket(gpa) ? step_finish(gpa, step_ticket(gpa)) : response_code(gpa);
}
