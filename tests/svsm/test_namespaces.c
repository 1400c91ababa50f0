// SPDX-License-Identifier: MIT
// Namespaces: blobs, their quota, and what a hostile service makes of them.
#include "kernel/layout.h"
#include "lib/string.h"
#include "tests/svsm/actors.h"

// Layout of an actor's scratch memory in these tests
#define NAME_AT 0
#define DATA_AT 4096

static int64_t blob(unsigned int actor, uint64_t number, const char *name, uint64_t size)
{
	uint64_t scratch = actor_scratch(actor);

	actor_put(actor, NAME_AT, name, (uint32_t)strlen(name) + 1);
	return actor_raw(actor, number, 0, scratch + NAME_AT, scratch + DATA_AT, size);
}

static void test_blobs(void)
{
	actors_begin();
	hold_namespace(A, "state", 4 * PAGE_SIZE);
	if (!actor_start(A))
		return actors_end();
	actor_put(A, DATA_AT, "hello", 5);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_GET, "x", 8), -ENOENT);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "x", 5), 0);
	actor_put(A, DATA_AT, "-----------", 11);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_GET, "x", 3), 5);
	EXPECT_EQ(memcmp(actor_get(A, DATA_AT, 5), "hel--", 5), 0);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_GET, "x", 100), 5);
	EXPECT_EQ(memcmp(actor_get(A, DATA_AT, 6), "hello-", 6), 0);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "empty", 0), 0);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_GET, "empty", 8), 0);
	uint64_t scratch = actor_scratch(A);

	EXPECT_EQ(actor_raw(A, SERVICE_CALL_BLOB_LIST, 0, 0, scratch, 0), 5);
	EXPECT_EQ(memcmp(actor_get(A, 0, 2), "x", 2), 0);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_BLOB_LIST, 0, 2, scratch, 0), -ENOENT);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_BLOB_LIST, 0, ~0ull, scratch, 0), -ENOENT);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_REMOVE, "x", 0), 0);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_REMOVE, "x", 0), -ENOENT);
	actors_end();
}

// The state is there after the service has died and was started again.
static void test_blobs_outlive(void)
{
	actors_begin();
	hold_namespace(A, "state", 4 * PAGE_SIZE);
	if (!actor_start(A))
		return actors_end();
	actor_put(A, DATA_AT, "kept", 4);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "x", 3 * PAGE_SIZE), 0);
	asked.size = 0;
	EXPECT_EQ(actor_ask(A, PROBE_EXIT, 1, 0, 0), ERR_INVALID_REQUEST);
	service_stop(&actors[A]);
	EXPECT(actor_restart(A));
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_GET, "x", 3 * PAGE_SIZE), 3 * PAGE_SIZE);
	EXPECT_EQ(memcmp(actor_get(A, DATA_AT, 4), "kept", 4), 0);
	actors_end();
}

static void test_blob_quota(void)
{
	char name[3] = "n0";

	actors_begin();
	hold_namespace(A, "state", 2 * PAGE_SIZE);
	if (!actor_start(A))
		return actors_end();
	actor_put(A, DATA_AT, "old", 3);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "x", 3), 0);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "y", PAGE_SIZE + 1), -ENOSPC);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "x", 2 * PAGE_SIZE + 1), -ENOSPC);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "x", ~0ull), -ENOSPC);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "x", 1ull << 63), -ENOSPC);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_GET, "x", 3), 3);
	EXPECT_EQ(memcmp(actor_get(A, DATA_AT, 3), "old", 3), 0);
	// What it has itself counts when it is replaced; all of it is free again when it is
	// removed.
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "x", 2 * PAGE_SIZE), 0);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "y", 1), -ENOSPC);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_REMOVE, "x", 0), 0);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "y", 2 * PAGE_SIZE), 0);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_REMOVE, "y", 0), 0);
	for (unsigned int i = 0; i < SERVICE_BLOBS_MAX; i++, name[1]++)
		EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, name, 0), 0);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "one-more", 0), -ENOSPC);
	actors_end();
}

static void test_blob_wrong(void)
{
	actors_begin();
	hold_namespace(A, "state", 2 * PAGE_SIZE);
	hold_key(A, "key");
	hold_namespace(B, "other", PAGE_SIZE);
	if (!actor_start(A) || !actor_start(B) || !actor_start(C))
		return actors_end();
	uint64_t scratch = actor_scratch(A);
	const uint64_t nowhere[] = {
		0, KERNEL_VA, PERCPU_VA, USER_END, ~0ull, 1ull << 47, scratch + (1ull << 38)};

	actor_put(A, NAME_AT, "abc", 4);
	actor_put(A, DATA_AT, "old", 3);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "abc", 3), 0);
	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++) {
		EXPECT_EQ(actor_raw(A, SERVICE_CALL_BLOB_PUT, 0, nowhere[i], scratch, 1), -EFAULT);
		EXPECT_EQ(actor_raw(A, SERVICE_CALL_BLOB_PUT, 0, scratch, nowhere[i], 1), -EFAULT);
		EXPECT_EQ(actor_raw(A, SERVICE_CALL_BLOB_GET, 0, scratch, nowhere[i], 1), -EFAULT);
		EXPECT_EQ(actor_raw(A, SERVICE_CALL_BLOB_LIST, 0, 0, nowhere[i], 0), -EFAULT);
	}
	// The stack ends in the middle of the data: the old blob stays.
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_BLOB_PUT, 0, scratch, USER_END - PAGE_SIZE - 100, 200),
		-EFAULT);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_GET, "abc", 3), 3);
	EXPECT_EQ(memcmp(actor_get(A, DATA_AT, 3), "old", 3), 0);
	// Read-only memory takes no blob.
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_BLOB_GET, 0, scratch, actor_code(A), 3), -EFAULT);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "", 1), -EINVAL);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "a-name-of-24-characters-", 1), -EINVAL);
	EXPECT_EQ(blob(A, SERVICE_CALL_BLOB_PUT, "a-name-of-23-characters", 1), 0);
	// Another kind, not held, another's: A's blobs are nowhere in B's namespace.
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_BLOB_GET, 1, scratch, scratch, 8), -EPERM);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_BLOB_GET, 2, scratch, scratch, 8), -EBADF);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_BLOB_GET, ~0ull, scratch, scratch, 8), -EBADF);
	EXPECT_EQ(blob(B, SERVICE_CALL_BLOB_GET, "abc", 8), -ENOENT);
	EXPECT_EQ(blob(C, SERVICE_CALL_BLOB_GET, "abc", 8), -EBADF);
	actors_end();
}

static void test_namespaces_refused(void)
{
	actors_begin();
	hold_namespace(A, "x", PAGE_SIZE + 1);
	actor_expect_refused(A, "whole pages of 4K, at most 1M");
	actors_begin();
	hold_namespace(A, "x", BOOT_NAMESPACE_MAX + PAGE_SIZE);
	actor_expect_refused(A, "whole pages of 4K, at most 1M");
	actors_begin();
	hold_namespace(A, "x", 0);
	actor_expect_refused(A, "its size is 0");
	actors_begin();
	hold_namespace(A, "", PAGE_SIZE);
	actor_expect_refused(A, "it needs a name");
	actors_begin();
	hold_namespace(A, "x", PAGE_SIZE);
	hold_namespace(B, "x", PAGE_SIZE);
	if (actor_start(A))
		actor_expect_refused(B, "a namespace has one holder");
	actors_end();
}

static void test_namespace_no_memory(void)
{
	actors_begin();
	hold_namespace(A, "x", 8 * PAGE_SIZE);
	for (uint32_t n = 1; n <= 9; n++) {
		alloc_fail(n);
		actor_expect_refused(A, "the kernel has no memory for it");
		alloc_fail(0);
	}
	EXPECT(actor_start(A));
	actors_end();
}

static const struct test test_namespaces_tests[] = {
	TEST("blobs", test_blobs),
	TEST("blobs outlive their service", test_blobs_outlive),
	TEST("namespaces have a quota", test_blob_quota),
	TEST("wrong blobs, buffers and handles", test_blob_wrong),
	TEST("wrong namespaces are refused", test_namespaces_refused),
	TEST("no memory for a namespace", test_namespace_no_memory),
};
TEST_GROUP(test_namespaces, "namespaces");
