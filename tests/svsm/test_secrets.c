// SPDX-License-Identifier: MIT
// Secrets: the keys that services share, and what the log shows of one that faults.
#include "kernel/layout.h"
#include "kernel/user/key.h"
#include "lib/string.h"
#include "tests/svsm/actors.h"

#define MARK 0x5ec4e75ec4e7ull

static void key_of(unsigned int actor, uint64_t handle, uint8_t key[SERVICE_KEY_SIZE])
{
	EXPECT_EQ(actor_raw(actor, SERVICE_CALL_KEY, handle, actor_scratch(actor), 0, 0), 0);
	memcpy(key, actor_get(actor, 0, SERVICE_KEY_SIZE), SERVICE_KEY_SIZE);
}

// The same for all that hold it, another one for each name, gone with the last holder.
static void test_keys(void)
{
	uint8_t one[SERVICE_KEY_SIZE];
	uint8_t other[SERVICE_KEY_SIZE];
	uint8_t again[SERVICE_KEY_SIZE];

	actors_begin();
	hold_key(A, "one");
	hold_key(A, "other");
	hold_key(B, "one");
	if (!actor_start(A) || !actor_start(B))
		return actors_end();
	key_of(A, 0, one);
	key_of(A, 1, other);
	key_of(B, 0, again);
	EXPECT(memcmp(one, other, sizeof(one)) != 0);
	EXPECT(!bytes_is_zero(bytes_make(one, sizeof(one))));
	EXPECT_EQ(memcmp(one, again, sizeof(one)), 0);
	// B keeps it while A is gone, and A gets it again.
	service_stop(&actors[A]);
	EXPECT(actor_restart(A));
	key_of(A, 0, again);
	EXPECT_EQ(memcmp(one, again, sizeof(one)), 0);
	key_of(A, 1, again);
	EXPECT(memcmp(other, again, sizeof(one)) != 0);
	service_stop(&actors[A]);
	service_stop(&actors[B]);
	EXPECT(bytes_is_zero(bytes_make(key_value(key_find("one")), SERVICE_KEY_SIZE)));
	EXPECT(bytes_is_zero(bytes_make(key_value(key_find("other")), SERVICE_KEY_SIZE)));
	actors_end();
}

static void test_keys_wrong(void)
{
	actors_begin();
	hold_key(A, "one");
	hold_namespace(B, "x", PAGE_SIZE);
	if (!actor_start(A) || !actor_start(B))
		return actors_end();
	uint64_t scratch = actor_scratch(A);

	EXPECT_EQ(actor_raw(A, SERVICE_CALL_KEY, 1, scratch, 0, 0), -EBADF);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_KEY, ~0ull, scratch, 0, 0), -EBADF);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_KEY, 1ull << 32, scratch, 0, 0), -EBADF);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_KEY, 0, KERNEL_VA, 0, 0), -EFAULT);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_KEY, 0, actor_code(A), 0, 0), -EFAULT);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_KEY, 0, 0, 0, 0), -EFAULT);
	// A's key is handle 0 of A; handle 0 of B is something else.
	EXPECT_EQ(actor_raw(B, SERVICE_CALL_KEY, 0, actor_scratch(B), 0, 0), -EPERM);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_BLOB_GET, 0, scratch, scratch, 0), -EPERM);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_CALL, 0, scratch, 0, 0), -EPERM);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_DEVICE_READ, 0, 0, 1, scratch), -EPERM);
	actors_end();
}

static void fault_with(bool debug, bool shown)
{
	actors_begin();
	actors[A].debug = debug;
	if (!actor_start(A))
		return actors_end();
	log_mark();
	asked.size = 0;
	EXPECT_EQ(actor_ask(A, PROBE_MARK, MARK, 0, 0), ERR_INVALID_REQUEST);
	EXPECT(log_holds("a: ended by #UD"));
	EXPECT_EQ(log_holds("r12 0x5ec4e75ec4e7"), shown);
	EXPECT_EQ(log_holds("stack+0x0: 0x00005ec4e75ec4e7"), shown);
	EXPECT_EQ(log_holds("5ec4e7"), shown);
	actors_end();
}

static void test_fault_keeps_secrets(void)
{
	fault_with(false, false);
}

static void test_fault_debug(void)
{
	fault_with(true, true);
}

static const struct test test_secrets_tests[] = {
	TEST("keys are shared by name", test_keys),
	TEST("keys of others", test_keys_wrong),
	TEST("a fault shows no secrets", test_fault_keeps_secrets),
	TEST("a fault shows all when the manifest says so", test_fault_debug),
};
TEST_GROUP(test_secrets, "secrets");
