// SPDX-License-Identifier: MIT
// Devices that a manifest grants, and accesses beyond that.
#include "hw/fwcfg.h"
#include "kernel/layout.h"
#include "lib/string.h"
#include "tests/svsm/actors.h"

#define IOAPIC_GPA    0xfec00000
#define IOAPIC_WINDOW 0x10
#define IOAPIC_LINES  0x170020 // register 1: version and 24 lines

static void hold_device(
	unsigned int actor, uint32_t kind, uint64_t start, uint64_t size, uint32_t flags)
{
	actor_hold(actor,
		(struct boot_object){.kind = kind, .start = start, .size = size, .flags = flags});
}

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
	hold_device(A, BOOT_OBJECT_PORTS, FWCFG_PORT_SELECT, 2, 0);
	hold_device(A, BOOT_OBJECT_MMIO, IOAPIC_GPA, 0x14, 0);
	hold_device(A, BOOT_OBJECT_PORTS, 0x70, 8, BOOT_OBJECT_READ_ONLY);
	return actor_start(A) && actor_start(B);
}

// The first file of QEMU's fw_cfg is its name; the interrupt controller says how many lines it has.
static void test_device_registers(void)
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

static const struct test test_devices_tests[] = {
	TEST("a device's registers", test_device_registers),
	TEST("accesses outside a device", test_devices_wrong),
	TEST("memory is no device", test_devices_refused),
};
TEST_GROUP(test_devices, "devices");
