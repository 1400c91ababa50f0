// SPDX-License-Identifier: MIT
// How the library makes calls of messages, and what an answer may carry.
#include <string.h>

#include "services/lib/loop.h"
#include "tests/unit/unit.h"

#define PROTOCOL 7

static unsigned int called;
static struct service_request seen;
static uint32_t result;
static uint32_t answer_size;

static uint32_t handle(struct service_request *request)
{
	called++;
	seen = *request;
	for (size_t i = 0; i < ARRAY_SIZE(request->regs); i++) {
		request->regs[i] = 100 + i;
	}
	memset(request->data, 0xaa, SERVICE_BUFFER_MAX);
	request->size = answer_size;
	return result;
}

static const struct service_call calls[] = {{PROTOCOL, 3, handle}, {PROTOCOL + 1, 0, handle}};
static const struct service service = {.name = "test", .calls = calls, .call_count = 2};

static uint8_t data[SERVICE_BUFFER_MAX];

static struct service_message ask(uint32_t protocol, uint32_t call)
{
	struct service_message message = {
		.protocol = protocol,
		.call = call,
		.caller = SERVICE_CALLER_GUEST,
		.caller_id = 9,
		.regs = {1, 2, 3, 4},
		.size = 5,
	};

	called = 0;
	memset(data, 0x55, sizeof(data));
	service_dispatch(&service, &message, data);
	return message;
}

static void assert_wiped(size_t from)
{
	assert_true(bytes_is_zero(bytes_make(data + from, sizeof(data) - from)));
}

static void test_answer(void **state)
{
	struct service_message message;

	(void)state;
	result = SVSM_SUCCESS;
	answer_size = 10;
	message = ask(PROTOCOL, 3);
	assert_int_equal(called, 1);
	assert_int_equal(seen.call, 3);
	assert_int_equal(seen.caller, SERVICE_CALLER_GUEST);
	assert_int_equal(seen.caller_id, 9);
	assert_int_equal(seen.size, 5);
	assert_int_equal(seen.regs[3], 4);
	assert_int_equal(message.result, SVSM_SUCCESS);
	assert_int_equal(message.size, 10);
	assert_int_equal(message.regs[0], 100);
	assert_int_equal(data[9], 0xaa);
	assert_wiped(10);
}

static void test_error_carries_nothing(void **state)
{
	struct service_message message;

	(void)state;
	result = SVSM_ERR_BUSY;
	answer_size = 10;
	message = ask(PROTOCOL, 3);
	assert_int_equal(called, 1);
	assert_int_equal(message.result, SVSM_ERR_BUSY);
	assert_int_equal(message.size, 0);
	assert_int_equal(message.regs[0], 1);
	assert_int_equal(message.regs[2], 3);
	assert_wiped(0);
}

static void test_size_is_bounded(void **state)
{
	(void)state;
	result = SVSM_SUCCESS;
	answer_size = UINT32_MAX;
	assert_int_equal(ask(PROTOCOL + 1, 0).size, SERVICE_BUFFER_MAX);
}

static void test_unknown(void **state)
{
	(void)state;
	result = SVSM_SUCCESS;
	assert_int_equal(ask(PROTOCOL, 0).result, SVSM_ERR_UNSUPPORTED_CALL);
	assert_int_equal(ask(PROTOCOL + 1, 3).result, SVSM_ERR_UNSUPPORTED_CALL);
	assert_int_equal(ask(PROTOCOL + 2, 3).result, SVSM_ERR_UNSUPPORTED_PROTOCOL);
	assert_int_equal(ask(0, 3).result, SVSM_ERR_UNSUPPORTED_PROTOCOL);
	assert_int_equal(called, 0);
	assert_wiped(0);
}

// The other end of service_run(), which is not tested here.
int service_elsewhere(const struct service *none, int argc, char **argv)
{
	(void)none;
	(void)argc;
	(void)argv;
	return 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_error_carries_nothing),
		cmocka_unit_test(test_size_is_bounded),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests_name("service library", tests, NULL, NULL);
}
