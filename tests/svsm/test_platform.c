// SPDX-License-Identifier: MIT
// Device accesses through the platform, at devices of which the answer is known (QEMU's q35).
#include "kernel/platform.h"

#include "hw/fwcfg.h"
#include "kernel/cpus.h"
#include "kernel/layout.h"
#include "kernel/tempmap.h"
#include "tests/svsm/suite.h"

#define PORT_CMOS      0x70
#define CMOS_SHUTDOWN  0x0f // a byte that nothing but a reset looks at
#define PORT_PCI       0xcf8
#define PCI_ENABLE     0x80000000u // bus 0, device 0, function 0, register 0: the host bridge
#define VENDOR_INTEL   0x8086
#define DEVICE_Q35     0x29c0

#define IOAPIC_GPA     0xfec00000
#define IOAPIC_WINDOW  0x10
#define IOAPIC_VERSION 1
#define HPET_GPA       0xfed00000
#define HPET_STATUS    0x20
#define HPET_PERIOD    0x989680 // femtoseconds a tick: 100 MHz

#define MSR_X2APIC_EOI 0x80b // can only be written
#define MSR_TSC_AUX    0xc0000103

#define MSR_PKRS       0x6e1
#define UNTOUCHED      0x5a5a5a5a

static void test_port_sizes_refused(void)
{
	static const unsigned int sizes[] = {0, 3, 5, 8, 16, UINT32_MAX};
	uint32_t value = UNTOUCHED;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(platform_port_read(PORT_CMOS, sizes[i], &value), ERR_INVALID_PARAMETER);
		EXPECT_EQ(platform_port_write(PORT_CMOS, sizes[i], 0), ERR_INVALID_PARAMETER);
	}
	// Beyond the last port
	EXPECT_EQ(platform_port_read(0xffff, 2, &value), ERR_INVALID_PARAMETER);
	EXPECT_EQ(platform_port_write(0xfffd, 4, 0), ERR_INVALID_PARAMETER);
	EXPECT_EQ(value, UNTOUCHED);
}

static uint32_t port_in(uint16_t port, unsigned int size)
{
	uint32_t value = UNTOUCHED;

	EXPECT_EQ(platform_port_read(port, size, &value), OK);
	return value;
}

static void port_out(uint16_t port, unsigned int size, uint32_t value)
{
	EXPECT_EQ(platform_port_write(port, size, value), OK);
}

static void test_port_1(void)
{
	port_out(PORT_CMOS, 1, CMOS_SHUTDOWN);
	uint32_t before = port_in(PORT_CMOS + 1, 1);

	port_out(PORT_CMOS + 1, 1, 0xffffffa5);
	EXPECT_EQ(port_in(PORT_CMOS + 1, 1), 0xa5);
	port_out(PORT_CMOS + 1, 1, before);
}

static void test_port_2(void)
{
	static const char signature[] = "QEMU";

	port_out(FWCFG_PORT_SELECT, 2, 0);
	for (size_t i = 0; i < 4; i++)
		EXPECT_EQ(port_in(FWCFG_PORT_DATA, 1), (uint8_t)signature[i]);
	port_out(PORT_PCI, 4, PCI_ENABLE);
	EXPECT_EQ(port_in(PORT_PCI + 4, 2), VENDOR_INTEL);
	EXPECT_EQ(port_in(PORT_PCI + 6, 2), DEVICE_Q35);
}

static void test_port_4(void)
{
	port_out(PORT_PCI, 4, PCI_ENABLE);
	EXPECT_EQ(port_in(PORT_PCI, 4), PCI_ENABLE);
	EXPECT_EQ(port_in(PORT_PCI + 4, 4), DEVICE_Q35 << 16 | VENDOR_INTEL);
	EXPECT_EQ(port_in(PORT_PCI + 5, 1), VENDOR_INTEL >> 8);
}

static void test_mmio_refused(void)
{
	static const unsigned int sizes[] = {0, 3, 5, 6, 16, UINT32_MAX};
	vaddr_t va = tempmap_device(gpa_make(IOAPIC_GPA));
	uint64_t value = UNTOUCHED;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(platform_mmio_read(va, sizes[i], &value), ERR_INVALID_PARAMETER);
		EXPECT_EQ(platform_mmio_write(va, sizes[i], 0), ERR_INVALID_PARAMETER);
	}
	for (unsigned int size = 2; size <= 8; size *= 2) {
		EXPECT_EQ(platform_mmio_read(vaddr_add(va, size / 2), size, &value),
			ERR_INVALID_PARAMETER);
		EXPECT_EQ(platform_mmio_write(vaddr_add(va, size / 2), size, 0),
			ERR_INVALID_PARAMETER);
	}
	tempmap_unmap(TEMP_DEVICE);
	EXPECT_EQ(platform_mmio_read(va, 4, &value), ERR_INVALID_ADDRESS);
	EXPECT_EQ(platform_mmio_write(va, 4, 0), ERR_INVALID_ADDRESS);
	EXPECT_EQ(value, UNTOUCHED);
}

static uint64_t mmio_in(vaddr_t va, unsigned int size)
{
	uint64_t value = UNTOUCHED;

	EXPECT_EQ(platform_mmio_read(va, size, &value), OK);
	return value;
}

static void test_mmio_sizes(void)
{
	vaddr_t va = tempmap_device(gpa_make(IOAPIC_GPA));

	EXPECT_EQ(platform_mmio_write(va, 4, 0), OK);
	EXPECT_EQ(mmio_in(va, 4), 0);
	EXPECT_EQ(platform_mmio_write(va, 1, IOAPIC_VERSION), OK);
	EXPECT_EQ(mmio_in(va, 1), IOAPIC_VERSION);
	EXPECT_EQ(mmio_in(va, 2), IOAPIC_VERSION);
	EXPECT_EQ(mmio_in(va, 4), IOAPIC_VERSION);
	EXPECT_EQ(mmio_in(vaddr_add(va, IOAPIC_WINDOW), 4), 0x170020); // 24 lines
	EXPECT_EQ(platform_mmio_write(va, 2, 0), OK);
	EXPECT_EQ(mmio_in(va, 2), 0);
	tempmap_unmap(TEMP_DEVICE);
}

static void test_mmio_8(void)
{
	vaddr_t va = tempmap_device(gpa_make(HPET_GPA));
	uint64_t capabilities = mmio_in(va, 8);

	EXPECT_EQ(capabilities >> 32, HPET_PERIOD);
	EXPECT_EQ(capabilities >> 16 & 0xffff, VENDOR_INTEL);
	EXPECT_EQ(mmio_in(vaddr_add(va, 4), 4), HPET_PERIOD);
	EXPECT_EQ(platform_mmio_write(vaddr_add(va, HPET_STATUS), 8, 0), OK);
	tempmap_unmap(TEMP_DEVICE);
}

// Memory of the kernel's own is no device.
static void test_mmio_private(void)
{
	uint64_t value = UNTOUCHED;

	EXPECT_EQ(platform_mmio_read(vaddr_make(PERCPU_VA), 8, &value), ERR_INVALID_ADDRESS);
	EXPECT_EQ(platform_mmio_write(vaddr_make(PERCPU_VA), 8, 0), ERR_INVALID_ADDRESS);
	EXPECT_EQ(value, UNTOUCHED);
}

static void test_mmio_host_refuses(void)
{
	vaddr_t va = tempmap_device(gpa_make(0x01000000)); // memory
	uint64_t value = UNTOUCHED;

	EXPECT_EQ(platform_mmio_read(va, 8, &value), ERR_HOST);
	EXPECT_EQ(platform_mmio_write(va, 8, 0), ERR_HOST);
	EXPECT_EQ(value, UNTOUCHED);
	tempmap_unmap(TEMP_DEVICE);
}

static void test_msr(void)
{
	uint64_t before = 0;
	uint64_t value = 0;

	EXPECT_EQ(platform_msr_read(MSR_TSC_AUX, &before), OK);
	EXPECT_EQ(platform_msr_write(MSR_TSC_AUX, 0x12345678), OK);
	EXPECT_EQ(platform_msr_read(MSR_TSC_AUX, &value), OK);
	EXPECT_EQ(value, 0x12345678);
	EXPECT_EQ(platform_msr_write(MSR_TSC_AUX, before), OK);
}

static void test_msr_refused(void)
{
	uint64_t value = UNTOUCHED;

	if (!platform_has_guests()) {
		// QEMU refuses hardly any: here a bit that PKRS does not have.
		EXPECT_EQ(platform_msr_write(MSR_PKRS, BIT(32)), ERR_HOST);
		return;
	}
	EXPECT_EQ(platform_msr_read(MSR_X2APIC_EOI, &value), ERR_HOST);
	EXPECT_EQ(value, UNTOUCHED);
	EXPECT_EQ(platform_msr_write(MSR_X2APIC_EOI, 1), ERR_HOST);
}

static void test_no_guest(void)
{
	gpa_t vmsa = {0};

	EXPECT_EQ(platform_guest_features(), 0);
	EXPECT_EQ(platform_vmsa_seal(vaddr_make(PERCPU_VA)), ERR_UNSUPPORTED_CALL);
	EXPECT_EQ(platform_boot_vcpu_create(gpa_make(0xfffffff0), &vmsa), ERR_UNSUPPORTED_CALL);
	EXPECT_EQ(platform_boot_vcpu_start(this_cpu()->cpu, vmsa), ERR_UNSUPPORTED_CALL);
	EXPECT(!platform_run_guest());
}

static void test_name(void)
{
	EXPECT(platform_name()[0] == (platform_has_guests() ? 's' : 'n'));
}

static const struct test test_platform_tests[] = {
	TEST("name", test_name),
	TEST("no-guest", test_no_guest, .native = "there can be guests here"),
	TEST("port-sizes-refused", test_port_sizes_refused),
	TEST("port-1", test_port_1),
	TEST("port-2", test_port_2),
	TEST("port-4", test_port_4),
	TEST("mmio-refused", test_mmio_refused),
	TEST("mmio-sizes", test_mmio_sizes),
	TEST("mmio-8", test_mmio_8),
	TEST("mmio-private", test_mmio_private, .snp = "all memory is alike here"),
	TEST("mmio-host-refuses", test_mmio_host_refuses, .snp = "there is no host to refuse"),
	TEST("msr", test_msr),
	TEST("msr-refused", test_msr_refused),
};
TEST_GROUP(test_platform, "platform");
