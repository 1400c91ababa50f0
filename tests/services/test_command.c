// SPDX-License-Identifier: MIT
// Protocol 2: what reaches the TPM and what is refused before. The TPM is a fake one.
#include <stdlib.h>
#include <string.h>

#include "abi/vtpm.h"
#include "hw/tpm.h"
#include "services/vtpm/command.h"
#include "services/vtpm/tpm.h"
#include "services/vtpm/wire.h"
#include "tests/unit/unit.h"

static unsigned int executed;
static uint32_t executed_size;
static uint32_t answer_size;

uint32_t tpm_execute(uint8_t *command, uint32_t size, uint8_t *response, uint32_t room)
{
	executed++;
	executed_size = size;
	assert_true(answer_size <= room);
	assert_int_equal(room, VTPM_RESPONSE_SIZE_MAX);
	assert_int_equal(command[0], 0x80);
	assert_int_equal(wire_get32(command + TPM_HEADER_SIZE_AT), size);
	memset(command, 0, size);
	memset(response, 0xbb, answer_size);
	return answer_size;
}

// The numbers stand here once more, so that a wrong one in the header is seen.
struct sent {
	uint32_t platform_command;
	uint8_t locality;
	uint32_t size;
	uint32_t header_size;
	uint32_t came; // bytes of the request
};

static const struct sent good = {8, 0, 12, 12, 4096};

static void sent_write(uint8_t *data, const struct sent *sent)
{
	memset(data, 0, SERVICE_BUFFER_MAX);
	memcpy(data, &sent->platform_command, 4);
	data[4] = sent->locality;
	memcpy(data + 5, &sent->size, 4);
	data[9] = 0x80;
	data[10] = 0x01;
	wire_set32(data + 11, sent->header_size);
}

// The request lies in memory of exactly its size when it is refused by its size alone.
static uint32_t run(const struct sent *sent, struct service_request *request)
{
	static uint8_t data[SERVICE_BUFFER_MAX];

	executed = 0;
	sent_write(data, sent);
	*request = (struct service_request){.call = 1, .data = data, .size = sent->came};
	return vtpm_command(request);
}

static void assert_good(struct sent sent)
{
	struct service_request request;
	uint32_t size;

	answer_size = 20;
	assert_int_equal(run(&sent, &request), SVSM_SUCCESS);
	assert_int_equal(executed, 1);
	assert_int_equal(executed_size, sent.size);
	assert_int_equal(request.size, 24);
	memcpy(&size, request.data, 4);
	assert_int_equal(size, 20);
	assert_int_equal(request.data[4], 0xbb);
	assert_int_equal(request.data[23], 0xbb);
}

static void assert_refused(struct sent sent)
{
	struct service_request request;

	assert_int_equal(run(&sent, &request), SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(executed, 0);
}

static void test_good(void **state)
{
	struct sent sent = good;

	(void)state;
	assert_good(sent);
	sent.size = sent.header_size = 10;
	assert_good(sent);
	sent.came = 19; // no byte more than the command
	assert_good(sent);
	sent = (struct sent){8, 0, 4087, 4087, 4096};
	assert_good(sent);
}

static void test_platform_commands(void **state)
{
	struct sent sent = good;

	(void)state;
	for (uint32_t i = 0; i < 64; i++) {
		sent.platform_command = i;
		if (i != 8)
			assert_refused(sent);
	}
	sent.platform_command = 0x08000000; // the other byte order
	assert_refused(sent);
	sent.platform_command = 8 + 256;
	assert_refused(sent);
}

static void test_localities(void **state)
{
	struct sent sent = good;

	(void)state;
	for (unsigned int i = 1; i < 256; i++) {
		sent.locality = (uint8_t)i;
		assert_refused(sent);
	}
}

static void test_sizes(void **state)
{
	static const uint32_t bad[] = {0, 1, 9, 4088, 4096, 65536, 0x80000000, UINT32_MAX};
	struct sent sent = good;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		sent.size = sent.header_size = bad[i];
		assert_refused(sent);
	}
}

static void test_header(void **state)
{
	static const uint32_t bad[] = {0, 11, 13, 4087, 12u << 24, UINT32_MAX};
	struct sent sent = good;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		sent.header_size = bad[i];
		assert_refused(sent);
	}
}

// Requests that end early, in memory that ends there too.
static void test_short_requests(void **state)
{
	uint8_t all[SERVICE_BUFFER_MAX];

	(void)state;
	sent_write(all, &good);
	for (uint32_t came = 0; came < 9 + good.size; came++) {
		struct bytes copy = unit_copy(all, came);
		struct service_request request = {.data = unit_data(copy), .size = came};

		executed = 0;
		assert_int_equal(vtpm_command(&request), SVSM_ERR_INVALID_PARAMETER);
		assert_int_equal(executed, 0);
		unit_free(copy);
	}
}

static void test_largest_answer(void **state)
{
	struct service_request request;

	(void)state;
	answer_size = VTPM_RESPONSE_SIZE_MAX;
	assert_int_equal(run(&good, &request), SVSM_SUCCESS);
	assert_int_equal(request.size, SERVICE_BUFFER_MAX);
}

static void test_query(void **state)
{
	struct service_request request = {.regs = {1, 2, 3, 4}, .size = 5};

	(void)state;
	assert_int_equal(vtpm_query(&request), SVSM_SUCCESS);
	assert_int_equal(request.regs[0], 256);
	assert_int_equal(request.regs[1], 0);
	assert_int_equal(request.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_platform_commands),
		cmocka_unit_test(test_localities),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_short_requests),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_largest_answer),
	};

	return cmocka_run_group_tests_name("vTPM protocol", tests, NULL, NULL);
}
