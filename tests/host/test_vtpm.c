// SPDX-License-Identifier: MIT
// Protocol 2: what the kernel does between the guest and the service that is the TPM.
#include "tests/host/vtpm.h"

static void is_found_with_its_service(void **context)
{
	struct fake_regs regs = {.rax = VTPM(SVSM_VTPM_QUERY)};
	struct fake_config without = {0};

	(void)context;
	vtpm_begin();
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
	assert_int_equal(fake_boot(&vtpm_config), FAKE_RETURNED);
}

// In one page, and across two.
static void hands_a_command_over(void **context)
{
	static const uint64_t places[] = {
		BUFFER, BUFFER + 8, BUFFER + PAGE_SIZE - 1, BUFFER + 4095};
	uint8_t before[2 * PAGE_SIZE];

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		vtpm_begin();
		memcpy(before, fake_ptr(places[i]), VTPM_BUFFER_SIZE);
		assert_int_equal(command(places[i]), SVSM_SUCCESS);
		assert_int_equal(asked.times, 1);
		assert_int_equal(asked.size, VTPM_BUFFER_SIZE);
		assert_memory_equal(asked.data, before, VTPM_BUFFER_SIZE);
		// The answer, and not one byte more.
		memset(before, 0xbb, reply_size);
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
		vtpm_begin();
		reply = answers[i];
		memcpy(before, fake_ptr(BUFFER), sizeof(before));
		assert_int_equal(command(BUFFER), error_to_svsm((enum error)answers[i]));
		assert_memory_equal(fake_ptr(BUFFER), before, sizeof(before));
		assert_true(buffer_is_wiped());
		assert_sound();
	}
}

static void refuses_wrong_buffers(void **context)
{
	static const uint64_t wrongs[] = {MIB(64), KERNEL_GPA, 0xa0000, FAKE_RAM_END - 8,
		FAKE_FREE_END - 8, ~0ull, FAKE_CBIT | BUFFER, KERNEL_GPA - 8};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++) {
		vtpm_begin();
		assert_int_equal(command(wrongs[i]), SVSM_ERR_INVALID_ADDRESS);
		assert_int_equal(asked.times, 0);
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
	return vtpm_serve(request, buffer, size);
}

static void a_lost_buffer_is_an_error(void **context)
{
	(void)context;
	vtpm_begin();
	fake_service(serve_and_lose);
	assert_int_equal(command(BUFFER), SVSM_ERR_INVALID_ADDRESS);
	assert_true(buffer_is_wiped());
	assert_sound();
}

// A TPM that died says TPM_RC_FAILURE (0x101) to everything, now and later.
static uint32_t serve_and_die(struct request *request, uint8_t *buffer, uint32_t *size)
{
	(void)vtpm_serve(request, buffer, size);
	fake_service_kill();
	return ERR_INVALID_REQUEST;
}

static void a_dead_tpm_fails(void **context)
{
	static const uint8_t failure[14] = {10, 0, 0, 0, 0x80, 0x01, 0, 0, 0, 10, 0, 0, 1, 1};

	(void)context;
	vtpm_begin();
	fake_service(serve_and_die);
	for (int i = 0; i < 3; i++) {
		memset(fake_ptr_write(BUFFER, 20), 0x33, 20);
		assert_int_equal(command(BUFFER), SVSM_SUCCESS);
		assert_memory_equal(fake_ptr(BUFFER), failure, sizeof(failure));
		assert_int_equal(fake_ptr(BUFFER)[14], 0x33);
		assert_int_equal(asked.times, 1);
		assert_sound();
	}
	put_begin();
	assert_int_equal(command(BUFFER), SVSM_SUCCESS);
	assert_memory_equal(fake_ptr(BUFFER), failure, sizeof(failure));
	put_resume(1);
	assert_int_equal(command(BUFFER), SVSM_SUCCESS);
	assert_memory_equal(fake_ptr(BUFFER), failure, sizeof(failure));
	assert_int_equal(asked.times, 1);
}

static void empty_the_program(struct boot_info *info)
{
	const struct boot_service *service = (const void *)fake_ptr(info->services.gpa);

	fake_ptr_write(service->program.gpa, 1)[0] = 0;
}

static void a_service_that_does_not_start_ends_the_vm(void **context)
{
	struct fake_config bad = vtpm_config;

	(void)context;
	bad.prepare = empty_the_program;
	assert_int_equal(fake_boot(&bad), TERMINATE_SERVICE);
	assert_true(fake_console_has("service fake does not start"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_found_with_its_service),
		cmocka_unit_test(hands_a_command_over),
		cmocka_unit_test(other_answers_change_nothing),
		cmocka_unit_test(refuses_wrong_buffers),
		cmocka_unit_test(a_lost_buffer_is_an_error),
		cmocka_unit_test(a_dead_tpm_fails),
		cmocka_unit_test(a_service_that_does_not_start_ends_the_vm),
	};

	return host_run("vtpm", tests, &vtpm_config);
}
