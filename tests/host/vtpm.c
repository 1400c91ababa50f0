// SPDX-License-Identifier: MIT
#include "tests/host/vtpm.h"

const struct fake_config vtpm_config = {.service = SVSM_PROTOCOL_VTPM};

uint32_t vtpm_serve(struct request *request, uint8_t *buffer, uint32_t *size)
{
	assert_int_equal(request->protocol, SVSM_PROTOCOL_VTPM);
	if (request->call != SVSM_VTPM_QUERY)
		return service_note(request, buffer, size);
	request->rcx = BIT(VTPM_SEND_COMMAND);
	request->rdx = 0;
	return reply;
}

void vtpm_begin(void)
{
	service_begin(vtpm_serve, 14);
}

uint32_t command(uint64_t gpa)
{
	struct fake_regs regs = {.rax = VTPM(SVSM_VTPM_CMD), .rcx = gpa};

	assert_true(fake_call(&regs));
	return (uint32_t)regs.rax;
}

void put_begin(void)
{
	struct vtpm_request *request = (void *)fake_ptr_write(BUFFER, VTPM_BUFFER_SIZE);

	request->platform_command = VTPM_SEND_IN_STEPS;
	request->locality = 0;
	request->size = 12;
}

void put_resume(uint64_t ticket)
{
	const struct vtpm_step_request request = {VTPM_SEND_IN_STEPS, 0, 0, ticket};

	memcpy(fake_ptr_write(BUFFER, sizeof(request)), &request, sizeof(request));
}
