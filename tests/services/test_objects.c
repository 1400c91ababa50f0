// SPDX-License-Identifier: MIT
// The library's functions for objects, with the stand-ins that they have under Linux.
#include <string.h>

#include "services/lib/linux.h"
#include "tests/unit/unit.h"

enum { TEMPLATE, STATE, KEY, DEVICE, NONE };

static uint8_t data[SERVICE_BUFFER_MAX];

static int setup(void **state)
{
	(void)state;
	return linux_object_add("service:0xc0000000:build/services/template-linux") &&
			       linux_object_add("namespace:8192") && linux_object_add("key") &&
			       linux_object_add("device")
		       ? 0
		       : -1;
}

static void asks_another_service(void **state)
{
	struct service_request request = {.call = 0, .regs = {5}, .data = data};

	(void)state;
	assert_int_equal(service_ask(TEMPLATE, &request), SVSM_SUCCESS);
	assert_int_equal(request.regs[0], 5);
	request = (struct service_request){.call = 1, .data = data, .size = 4};
	memcpy(data, "abcd", 4);
	assert_int_equal(service_ask(TEMPLATE, &request), SVSM_SUCCESS);
	assert_int_equal(request.size, 4);
	assert_memory_equal(data, "dcba", 4);
	request.size = 65;
	assert_int_equal(service_ask(TEMPLATE, &request), SVSM_ERR_INVALID_PARAMETER);
	request = (struct service_request){.call = 1, .regs = {7}, .data = data, .size = 4};
	assert_int_equal(service_ask(NONE, &request), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(service_ask(KEY, &request), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(request.regs[0], 7);
	assert_int_equal(request.size, 4);
}

static void keeps_blobs(void **state)
{
	char name[SERVICE_BLOB_NAME_MAX];
	char back[16] = "---------------";

	(void)state;
	assert_int_equal(service_blob_get(STATE, "a", back, sizeof(back)), -1);
	assert_true(service_blob_put(STATE, "a", "hello", 5));
	assert_int_equal(service_blob_get(STATE, "a", back, 2), 5);
	assert_memory_equal(back, "he-", 3);
	assert_int_equal(service_blob_get(STATE, "a", back, sizeof(back)), 5);
	assert_memory_equal(back, "hello-", 6);
	assert_int_equal(service_blob_list(STATE, 0, name), 5);
	assert_string_equal(name, "a");
	assert_int_equal(service_blob_list(STATE, 1, name), -1);
	// Two pages in all
	assert_false(service_blob_put(STATE, "b", data, 4097));
	assert_true(service_blob_put(STATE, "b", data, 4096));
	assert_false(service_blob_put(STATE, "c", data, 1));
	assert_false(service_blob_put(STATE, "a", data, 4097));
	assert_int_equal(service_blob_get(STATE, "a", back, sizeof(back)), 5);
	assert_true(service_blob_remove(STATE, "b"));
	assert_false(service_blob_remove(STATE, "b"));
	assert_true(service_blob_put(STATE, "a", data, 4096));
	assert_false(service_blob_put(STATE, "", data, 1));
	assert_false(service_blob_put(STATE, "a-name-of-24-characters-", data, 1));
	assert_false(service_blob_put(KEY, "a", data, 1));
	assert_int_equal(service_blob_get(NONE, "a", back, 1), -1);
}

static void knows_a_test_key(void **state)
{
	uint8_t key[SERVICE_KEY_SIZE];

	(void)state;
	assert_true(service_key(KEY, key));
	assert_memory_equal(key, "a test key", 10);
	assert_false(service_key(STATE, key));
	assert_false(service_key(NONE, key));
}

static void has_no_devices(void **state)
{
	uint64_t value = 0;

	(void)state;
	assert_false(service_device_read(DEVICE, 0, 1, &value));
	assert_false(service_device_write(DEVICE, 0, 1, 0));
	assert_false(service_device_read(KEY, 0, 1, &value));
}

static void refuses_other_objects(void **state)
{
	(void)state;
	assert_false(linux_object_add("socket"));
	assert_false(linux_object_add("service:build/services/template-linux"));
	assert_false(linux_object_add("service:1:build/no-such-program"));
	assert_false(linux_object_add("keys"));
	assert_false(linux_object_add("key")); // eight in all
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_another_service),
		cmocka_unit_test(keeps_blobs),
		cmocka_unit_test(knows_a_test_key),
		cmocka_unit_test(has_no_devices),
		cmocka_unit_test(refuses_other_objects),
	};

	return cmocka_run_group_tests_name("objects of services", tests, setup, NULL);
}
