// SPDX-License-Identifier: MIT
// What a manifest grants: namespaces, keys, devices; and what a hostile service makes of them.
#include "kernel/layout.h"
#include "kernel/user/key.h"
#include "lib/string.h"
#include "tests/svsm/actors.h"

enum { A, B, C };

#define EPERM	      1
#define ENOENT	      2
#define EBADF	      9
#define EACCES	      13
#define EFAULT	      14
#define EINVAL	      22
#define ENOSPC	      28
#define ERANGE	      34

#define FWCFG_PORT    0x510 // selector, 16 bits; data one port above
#define IOAPIC_GPA    0xfec00000
#define IOAPIC_WINDOW 0x10
#define IOAPIC_LINES  0x170020 // register 1: version and 24 lines
#define MARK	      0x5ec4e75ec4e7ull

// Layout of an actor's scratch memory in these tests
#define NAME_AT 0
#define DATA_AT 4096

static void hold_namespace(unsigned int actor, const char *name, uint64_t size)
{
	struct boot_object object = {.kind = BOOT_OBJECT_NAMESPACE, .size = size};

	memcpy(object.name, name, strlen(name));
	actor_hold(actor, object);
}

static void hold_key(unsigned int actor, const char *name)
{
	struct boot_object object = {.kind = BOOT_OBJECT_KEY};

	memcpy(object.name, name, strlen(name));
	actor_hold(actor, object);
}

static void hold_device(
	unsigned int actor, uint32_t kind, uint64_t start, uint64_t size, uint32_t flags)
{
	actor_hold(actor,
		(struct boot_object){.kind = kind, .start = start, .size = size, .flags = flags});
}

// --- namespaces

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

// --- keys

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

// --- devices

static uint64_t device_read(uint64_t handle, uint64_t offset, uint64_t size)
{
	uint64_t value = 0;

	EXPECT_EQ(
		actor_raw(A, SERVICE_CALL_DEVICE_READ, handle, offset, size, actor_scratch(A)), 0);
	memcpy(&value, actor_get(A, 0, sizeof(value)), sizeof(value));
	return value;
}

static int64_t device_write(uint64_t handle, uint64_t offset, uint64_t size, uint64_t value)
{
	return actor_raw(A, SERVICE_CALL_DEVICE_WRITE, handle, offset, size, value);
}

static bool devices_start(void)
{
	actors_begin();
	hold_device(A, BOOT_OBJECT_PORTS, FWCFG_PORT, 2, 0);
	hold_device(A, BOOT_OBJECT_MMIO, IOAPIC_GPA, 0x14, 0);
	hold_device(A, BOOT_OBJECT_PORTS, 0x70, 8, BOOT_OBJECT_READ_ONLY);
	return actor_start(A) && actor_start(B);
}

// The first file of QEMU's fw_cfg is its name; the interrupt controller says how many lines it has.
static void test_devices(void)
{
	if (!devices_start())
		return actors_end();
	EXPECT_EQ(device_write(0, 0, 2, 0), 0);
	EXPECT_EQ(device_read(0, 1, 1), 'Q');
	EXPECT_EQ(device_read(0, 1, 1), 'E');
	EXPECT_EQ(device_write(1, 0, 4, 1), 0);
	EXPECT_EQ(device_read(1, 0, 1), 1);
	EXPECT_EQ(device_read(1, IOAPIC_WINDOW, 4), IOAPIC_LINES);
	actors_end();
}

static void access_wrong(uint64_t handle, uint64_t offset, uint64_t size, int64_t want)
{
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_DEVICE_READ, handle, offset, size, actor_scratch(A)),
		want);
	EXPECT_EQ(device_write(handle, offset, size, 0), want);
}

static void test_devices_wrong(void)
{
	static const uint64_t sizes[] = {0, 3, 5, 16, 1ull << 32 | 1, ~0ull};

	if (!devices_start())
		return actors_end();
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		access_wrong(0, 0, sizes[i], -EINVAL);
		access_wrong(1, 0, sizes[i], -EINVAL);
	}
	access_wrong(0, 0, 8, -EINVAL);
	access_wrong(0, 1, 2, -ERANGE);
	access_wrong(0, 2, 1, -ERANGE);
	access_wrong(0, 0, 4, -ERANGE);
	access_wrong(0, ~0ull, 1, -ERANGE);
	access_wrong(0, (uint64_t)-0x510, 1, -ERANGE);
	access_wrong(1, 0x12, 4, -ERANGE);
	access_wrong(1, 0x10, 8, -ERANGE);
	access_wrong(1, PAGE_SIZE, 1, -ERANGE);
	access_wrong(1, ~0ull - 3, 4, -ERANGE);
	access_wrong(1, 1ull << 32, 4, -ERANGE);
	access_wrong(1, 1, 2, -EINVAL);
	access_wrong(1, 2, 4, -EINVAL);
	access_wrong(1, 4, 8, -EINVAL);
	access_wrong(3, 0, 1, -EBADF);
	access_wrong(~0ull, 0, 1, -EBADF);
	EXPECT_EQ(device_write(2, 0, 1, 0), -EACCES);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_DEVICE_READ, 0, 1, 1, KERNEL_VA), -EFAULT);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_DEVICE_READ, 0, 1, 1, actor_code(A)), -EFAULT);
	EXPECT_EQ(actor_raw(B, SERVICE_CALL_DEVICE_READ, 0, 0, 1, actor_scratch(B)), -EBADF);
	actors_end();
}

static void device_refused(uint32_t kind, uint64_t start, uint64_t size, const char *says)
{
	actors_begin();
	hold_device(A, kind, start, size, 0);
	actor_expect_refused(A, says);
}

static void test_devices_refused(void)
{
	const char *memory = "the rest is memory";

	device_refused(BOOT_OBJECT_MMIO, 0, PAGE_SIZE, memory);
	device_refused(BOOT_OBJECT_MMIO, KERNEL_GPA, PAGE_SIZE, memory);
	device_refused(BOOT_OBJECT_MMIO, KERNEL_GPA + KERNEL_REGION_SIZE - 1, 1, memory);
	device_refused(BOOT_OBJECT_MMIO, 0x7ffff000, 2 * PAGE_SIZE, memory);
	device_refused(BOOT_OBJECT_MMIO, GIB(4) - 8, 16, memory);
	device_refused(BOOT_OBJECT_MMIO, GIB(4), PAGE_SIZE, memory);
	device_refused(BOOT_OBJECT_MMIO, ~0ull - 7, 8, memory);
	device_refused(BOOT_OBJECT_MMIO, IOAPIC_GPA, ~0ull, "at most 1M");
	device_refused(BOOT_OBJECT_MMIO, IOAPIC_GPA, BOOT_MMIO_MAX + 1, "at most 1M");
	device_refused(BOOT_OBJECT_MMIO, IOAPIC_GPA, 0, "its size is 0");
	device_refused(BOOT_OBJECT_MMIO, 0xfee00000, 8, "the processors' interrupts");
	device_refused(BOOT_OBJECT_MMIO, 0xfedfffff, 2, "the processors' interrupts");
	device_refused(BOOT_OBJECT_PORTS, 0xffff, 2, "ports end at 0xffff");
	device_refused(BOOT_OBJECT_PORTS, 0x10000, 1, "ports end at 0xffff");
	device_refused(BOOT_OBJECT_PORTS, ~0ull, 1, "ports end at 0xffff");
	device_refused(BOOT_OBJECT_PORTS, 0x3f7, 2, "the kernel's console");
	device_refused(BOOT_OBJECT_PORTS, 0, 0x10000, "the kernel's console");
	actors_begin();
	hold_device(A, BOOT_OBJECT_PORTS, 0x70, 2, 2);
	actor_expect_refused(A, "a flag that it does not have");
	// Held by another one, in part
	actors_begin();
	hold_device(A, BOOT_OBJECT_MMIO, IOAPIC_GPA, 0x20, 0);
	hold_device(B, BOOT_OBJECT_MMIO, IOAPIC_GPA + 0x1f, 8, 0);
	if (actor_start(A))
		actor_expect_refused(B, "a device has one holder");
	actors_end();
}

// --- what a fault shows

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

static const struct test test_objects_tests[] = {
	TEST("blobs", test_blobs),
	TEST("blobs outlive their service", test_blobs_outlive),
	TEST("namespaces have a quota", test_blob_quota),
	TEST("wrong blobs, buffers and handles", test_blob_wrong),
	TEST("wrong namespaces are refused", test_namespaces_refused),
	TEST("no memory for a namespace", test_namespace_no_memory),
	TEST("keys are shared by name", test_keys),
	TEST("keys of others", test_keys_wrong),
	TEST("a device's registers", test_devices),
	TEST("accesses outside a device", test_devices_wrong),
	TEST("memory is no device", test_devices_refused),
	TEST("a fault shows no secrets", test_fault_keeps_secrets),
	TEST("a fault shows all when the manifest says so", test_fault_debug),
};
TEST_GROUP(test_objects, "objects");
