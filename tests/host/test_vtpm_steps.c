// SPDX-License-Identifier: MIT
// Commands to the TPM in steps: tickets, what goes on and what is refused.
#include "tests/host/vtpm.h"

static struct vtpm_step_response step_response(void)
{
	struct vtpm_step_response response;

	memcpy(&response, fake_ptr(BUFFER), sizeof(response));
	return response;
}

// The service sees an ordinary command, with a ticket that no other had.
static void steps_begin(void **context)
{
	uint64_t last = 0;

	(void)context;
	vtpm_begin();
	for (int i = 0; i < 3; i++) {
		put_begin();
		assert_int_equal(command(BUFFER), SVSM_SUCCESS);
		assert_int_equal(((const struct vtpm_request *)asked.data)->platform_command,
			VTPM_SEND_COMMAND);
		assert_false(asked.request.resume);
		assert_true(asked.request.ticket > last);
		last = asked.request.ticket;
		assert_int_equal(fake_ptr(BUFFER)[0], 0xbb); // the service's answer
		assert_true(buffer_is_wiped());
	}
}

static void steps_go_on(void **context)
{
	(void)context;
	vtpm_begin();
	reply = ERR_SVSM_INCOMPLETE;
	put_begin();
	assert_int_equal(command(BUFFER), SVSM_SUCCESS);
	uint64_t ticket = step_response().ticket;

	assert_int_equal(step_response().size, 0);
	assert_true(ticket != 0 && ticket == asked.request.ticket);
	assert_int_equal(fake_ptr(BUFFER)[12], asked.data[12]); // nothing behind it
	assert_true(buffer_is_wiped());
	for (int i = 0; i < 2; i++) { // BUSY: another CPU is at it
		put_resume(ticket);
		assert_int_equal(command(BUFFER), SVSM_SUCCESS);
		assert_int_equal(step_response().size, 0);
		assert_true(step_response().ticket == ticket && asked.request.ticket == ticket);
		assert_true(asked.request.resume);
		reply = ERR_BUSY;
	}
	reply = OK;
	put_resume(ticket);
	assert_int_equal(command(BUFFER), SVSM_SUCCESS);
	assert_int_equal(fake_ptr(BUFFER)[0], 0xbb);
	assert_true(buffer_is_wiped());
	assert_sound();
}

static void steps_that_have_not_begun(void **context)
{
	(void)context;
	vtpm_begin();
	reply = ERR_BUSY;
	put_begin();
	assert_int_equal(command(BUFFER), SVSM_SUCCESS);
	assert_int_equal(step_response().size, 0);
	assert_int_equal(step_response().ticket, 0);
	asked.times = 0;
	put_resume(0); // only a question
	assert_int_equal(command(BUFFER), SVSM_SUCCESS);
	assert_int_equal(step_response().size, 0);
	assert_int_equal(step_response().ticket, 0);
	assert_int_equal(asked.times, 0);
	assert_true(buffer_is_wiped());
}

// Registers are the caller's own, whatever the service makes of them.
static uint32_t serve_registers(struct request *request, uint8_t *buffer, uint32_t *size)
{
	request->rcx = request->rdx = request->r8 = ~0ull;
	memset(buffer, 0, 14);
	*size = 14;
	return OK;
}

static void steps_refuse(void **context)
{
	struct fake_regs regs = {.rax = VTPM(SVSM_VTPM_CMD), .rcx = BUFFER, .rdx = 5, .r8 = 6};

	(void)context;
	vtpm_begin();
	reply = ERR_INVALID_REQUEST; // no such ticket
	put_resume(77);
	assert_int_equal(command(BUFFER), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(((const struct vtpm_request *)fake_ptr(BUFFER))->platform_command,
		VTPM_SEND_IN_STEPS);
	asked.times = 0;
	fake_ptr_write(BUFFER, 5)[4] = 1; // the locality
	assert_int_equal(command(BUFFER), SVSM_ERR_INVALID_PARAMETER);
	put_resume(0);
	fake_ptr_write(BUFFER, 5)[4] = 1;
	assert_int_equal(command(BUFFER), SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(asked.times, 0);
	fake_service(serve_registers);
	put_begin();
	assert_true(fake_call(&regs));
	assert_true(regs.rax == SVSM_SUCCESS && regs.rcx == BUFFER);
	assert_true(regs.rdx == 5 && regs.r8 == 6);
	assert_sound();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_begin),
		cmocka_unit_test(steps_go_on),
		cmocka_unit_test(steps_that_have_not_begun),
		cmocka_unit_test(steps_refuse),
	};

	return host_run("vtpm: steps", tests, &vtpm_config);
}
