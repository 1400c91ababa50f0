// SPDX-License-Identifier: MIT
// Protocol 2: what the kernel does between the guest and the service that is the TPM.
#include "abi/vtpm.h"
#include "kernel/error.h"
#include "kernel/percpu.h"
#include "kernel/request.h"
#include "tests/host/host.h"

#define BUFFER	   FAKE_FREE_GPA // page-aligned, and the next page is the guest's too
#define VTPM(call) FAKE_CALL(SVSM_PROTOCOL_VTPM, call)

static struct fake_config config = {.service = SVSM_PROTOCOL_VTPM};

static int setup(void **context)
{
	(void)context;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	return 0;
}

static uint8_t asked[VTPM_BUFFER_SIZE];
static uint32_t times, asked_size, answer_size, answer;
static struct request asked_as;

static uint32_t serve(struct request *request, uint8_t *buffer, uint32_t *size)
{
	times++;
	assert_int_equal(request->protocol, SVSM_PROTOCOL_VTPM);
	asked_size = *size;
	asked_as = *request;
	if (request->call == SVSM_VTPM_QUERY) {
		request->rcx = BIT(VTPM_SEND_COMMAND);
		request->rdx = 0;
		return answer;
	}
	memcpy(asked, buffer, *size);
	memset(buffer, 0xcc,
		VTPM_BUFFER_SIZE); // what lies behind the answer is none of the guest's
	memset(buffer, 0xbb, answer_size);
	*size = answer_size;
	return answer;
}

static void begin(void)
{
	fake_reset();
	fake_service(serve);
	times = 0;
	answer = OK;
	answer_size = 14;
	unit_random_fill(fake_ptr_write(BUFFER, 3 * PAGE_SIZE), 3 * PAGE_SIZE);
}

static uint32_t command(uint64_t gpa)
{
	struct fake_regs regs = {.rax = VTPM(SVSM_VTPM_CMD), .rcx = gpa};

	assert_true(fake_call(&regs));
	return (uint32_t)regs.rax;
}

static bool buffer_is_wiped(void)
{
	return bytes_is_zero(bytes_make(this_cpu()->request_buffer, VTPM_BUFFER_SIZE));
}

static void is_found_with_its_service(void **context)
{
	struct fake_regs regs = {.rax = VTPM(SVSM_VTPM_QUERY)};
	struct fake_config without = {0};

	(void)context;
	begin();
	assert_non_null(protocol_find(SVSM_PROTOCOL_VTPM));
	assert_true(fake_call(&regs));
	assert_int_equal(regs.rax, SVSM_SUCCESS);
	assert_int_equal(regs.rcx, BIT(8) | BIT(63)); // the service's, and the kernel's own
	assert_sound();
	assert_int_equal(fake_boot(&without), FAKE_RETURNED);
	assert_null(protocol_find(SVSM_PROTOCOL_VTPM));
	regs.rax = VTPM(SVSM_VTPM_QUERY);
	assert_true(fake_call(&regs));
	assert_int_equal(regs.rax, SVSM_ERR_UNSUPPORTED_PROTOCOL);
	without.service = 77; // some other protocol's
	assert_int_equal(fake_boot(&without), FAKE_RETURNED);
	assert_null(protocol_find(SVSM_PROTOCOL_VTPM));
	assert_null(protocol_find(77));
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
}

// In one page, and across two.
static void hands_a_command_over(void **context)
{
	static const uint64_t places[] = {
		BUFFER, BUFFER + 8, BUFFER + PAGE_SIZE - 1, BUFFER + 4095};
	uint8_t before[2 * PAGE_SIZE];

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		begin();
		memcpy(before, fake_ptr(places[i]), VTPM_BUFFER_SIZE);
		assert_int_equal(command(places[i]), SVSM_SUCCESS);
		assert_int_equal(times, 1);
		assert_int_equal(asked_size, VTPM_BUFFER_SIZE);
		assert_memory_equal(asked, before, VTPM_BUFFER_SIZE);
		// The answer, and not one byte more.
		memset(before, 0xbb, answer_size);
		assert_memory_equal(fake_ptr(places[i]), before, VTPM_BUFFER_SIZE);
		assert_true(buffer_is_wiped());
		assert_sound();
	}
}

static void other_answers_change_nothing(void **context)
{
	static const uint32_t answers[] = {
		ERR_BUSY, ERR_SVSM_INCOMPLETE, ERR_INVALID_PARAMETER, ERR_NO_MEMORY};
	uint8_t before[VTPM_BUFFER_SIZE];

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		begin();
		answer = answers[i];
		memcpy(before, fake_ptr(BUFFER), sizeof(before));
		assert_int_equal(command(BUFFER), error_to_svsm((enum error)answers[i]));
		assert_memory_equal(fake_ptr(BUFFER), before, sizeof(before));
		assert_true(buffer_is_wiped());
		assert_sound();
	}
}

// In steps: a command of 12 bytes, or the rest of the one with this ticket
static void put_begin(void)
{
	struct vtpm_request *request = (void *)fake_ptr_write(BUFFER, VTPM_BUFFER_SIZE);

	request->platform_command = VTPM_SEND_IN_STEPS;
	request->locality = 0;
	request->size = 12;
}

static void put_resume(uint64_t ticket)
{
	const struct vtpm_step_request request = {VTPM_SEND_IN_STEPS, 0, 0, ticket};

	memcpy(fake_ptr_write(BUFFER, sizeof(request)), &request, sizeof(request));
}

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
	begin();
	for (int i = 0; i < 3; i++) {
		put_begin();
		assert_int_equal(command(BUFFER), SVSM_SUCCESS);
		assert_int_equal(
			((const struct vtpm_request *)asked)->platform_command, VTPM_SEND_COMMAND);
		assert_false(asked_as.resume);
		assert_true(asked_as.ticket > last);
		last = asked_as.ticket;
		assert_int_equal(fake_ptr(BUFFER)[0], 0xbb); // the service's answer
		assert_true(buffer_is_wiped());
	}
}

static void steps_go_on(void **context)
{
	(void)context;
	begin();
	answer = ERR_SVSM_INCOMPLETE;
	put_begin();
	assert_int_equal(command(BUFFER), SVSM_SUCCESS);
	uint64_t ticket = step_response().ticket;

	assert_int_equal(step_response().size, 0);
	assert_true(ticket != 0 && ticket == asked_as.ticket);
	assert_int_equal(fake_ptr(BUFFER)[12], asked[12]); // nothing behind it
	assert_true(buffer_is_wiped());
	for (int i = 0; i < 2; i++) { // BUSY: another CPU is at it
		put_resume(ticket);
		assert_int_equal(command(BUFFER), SVSM_SUCCESS);
		assert_int_equal(step_response().size, 0);
		assert_true(step_response().ticket == ticket && asked_as.ticket == ticket);
		assert_true(asked_as.resume);
		answer = ERR_BUSY;
	}
	answer = OK;
	put_resume(ticket);
	assert_int_equal(command(BUFFER), SVSM_SUCCESS);
	assert_int_equal(fake_ptr(BUFFER)[0], 0xbb);
	assert_true(buffer_is_wiped());
	assert_sound();
}

static void steps_that_have_not_begun(void **context)
{
	(void)context;
	begin();
	answer = ERR_BUSY;
	put_begin();
	assert_int_equal(command(BUFFER), SVSM_SUCCESS);
	assert_int_equal(step_response().size, 0);
	assert_int_equal(step_response().ticket, 0);
	times = 0;
	put_resume(0); // only a question
	assert_int_equal(command(BUFFER), SVSM_SUCCESS);
	assert_int_equal(step_response().size, 0);
	assert_int_equal(step_response().ticket, 0);
	assert_int_equal(times, 0);
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
	begin();
	answer = ERR_INVALID_REQUEST; // no such ticket
	put_resume(77);
	assert_int_equal(command(BUFFER), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(((const struct vtpm_request *)fake_ptr(BUFFER))->platform_command,
		VTPM_SEND_IN_STEPS);
	times = 0;
	fake_ptr_write(BUFFER, 5)[4] = 1; // the locality
	assert_int_equal(command(BUFFER), SVSM_ERR_INVALID_PARAMETER);
	put_resume(0);
	fake_ptr_write(BUFFER, 5)[4] = 1;
	assert_int_equal(command(BUFFER), SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(times, 0);
	fake_service(serve_registers);
	put_begin();
	assert_true(fake_call(&regs));
	assert_true(regs.rax == SVSM_SUCCESS && regs.rcx == BUFFER);
	assert_true(regs.rdx == 5 && regs.r8 == 6);
	assert_sound();
}

static void refuses_wrong_buffers(void **context)
{
	static const uint64_t wrongs[] = {MIB(64), KERNEL_GPA, 0xa0000, FAKE_RAM_END - 8,
		FAKE_FREE_END - 8, ~0ull, FAKE_CBIT | BUFFER, KERNEL_GPA - 8};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++) {
		begin();
		assert_int_equal(command(wrongs[i]), SVSM_ERR_INVALID_ADDRESS);
		assert_int_equal(times, 0);
		assert_sound();
	}
	struct fake_regs regs = {.rax = VTPM(2)};

	assert_true(fake_call(&regs));
	assert_int_equal(regs.rax, SVSM_ERR_UNSUPPORTED_CALL);
}

// The host takes the buffer while the command runs: no answer gets out, and no secret stays.
static uint32_t serve_and_lose(struct request *request, uint8_t *buffer, uint32_t *size)
{
	fake_attack(BUFFER, FAKE_TAKE);
	return serve(request, buffer, size);
}

static void a_lost_buffer_is_an_error(void **context)
{
	(void)context;
	begin();
	fake_service(serve_and_lose);
	assert_int_equal(command(BUFFER), SVSM_ERR_INVALID_ADDRESS);
	assert_true(buffer_is_wiped());
	assert_sound();
}

// A TPM that died says TPM_RC_FAILURE (0x101) to everything, now and later.
static uint32_t serve_and_die(struct request *request, uint8_t *buffer, uint32_t *size)
{
	(void)serve(request, buffer, size);
	fake_service_kill();
	return ERR_INVALID_REQUEST;
}

static void a_dead_tpm_fails(void **context)
{
	static const uint8_t failure[14] = {10, 0, 0, 0, 0x80, 0x01, 0, 0, 0, 10, 0, 0, 1, 1};

	(void)context;
	begin();
	fake_service(serve_and_die);
	for (int i = 0; i < 3; i++) {
		memset(fake_ptr_write(BUFFER, 20), 0x33, 20);
		assert_int_equal(command(BUFFER), SVSM_SUCCESS);
		assert_memory_equal(fake_ptr(BUFFER), failure, sizeof(failure));
		assert_int_equal(fake_ptr(BUFFER)[14], 0x33);
		assert_int_equal(times, 1);
		assert_sound();
	}
	put_begin();
	assert_int_equal(command(BUFFER), SVSM_SUCCESS);
	assert_memory_equal(fake_ptr(BUFFER), failure, sizeof(failure));
	put_resume(1);
	assert_int_equal(command(BUFFER), SVSM_SUCCESS);
	assert_memory_equal(fake_ptr(BUFFER), failure, sizeof(failure));
	assert_int_equal(times, 1);
}

static void empty_the_program(struct boot_info *info)
{
	const struct boot_service *service = (const void *)fake_ptr(info->services.gpa);

	fake_ptr_write(service->program.gpa, 1)[0] = 0;
}

static void a_service_that_does_not_start_ends_the_vm(void **context)
{
	(void)context;
	config.prepare = empty_the_program;
	assert_int_equal(fake_boot(&config), TERMINATE_SERVICE);
	assert_true(fake_console_has("service fake does not start"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_found_with_its_service),
		cmocka_unit_test(hands_a_command_over),
		cmocka_unit_test(other_answers_change_nothing),
		cmocka_unit_test(refuses_wrong_buffers),
		cmocka_unit_test(steps_begin),
		cmocka_unit_test(steps_go_on),
		cmocka_unit_test(steps_that_have_not_begun),
		cmocka_unit_test(steps_refuse),
		cmocka_unit_test(a_lost_buffer_is_an_error),
		cmocka_unit_test(a_dead_tpm_fails),
		cmocka_unit_test(a_service_that_does_not_start_ends_the_vm),
	};

	return cmocka_run_group_tests_name("vtpm", tests, setup, NULL);
}
