// SPDX-License-Identifier: MIT
// Devices that a guest has programmed are quiet afterwards (QEMU's q35).
#include "kernel/quiesce.h"

#include "kernel/cpu.h"
#include "tests/svsm/suite.h"

#define IOAPIC_SELECT	 0xfec00000
#define IOAPIC_WINDOW	 0xfec00010
#define IOAPIC_LINE	 19 // that nothing drives
#define ENTRY		 (0x10 + 2 * IOAPIC_LINE)
#define ENTRY_UNMASKED	 0x80f1 // level, vector 0xf1
#define ENTRY_MASKED	 0x10000
#define HPET_CONFIG	 0xfed00010

#define DMA_UNMASK	 0x0a
#define DMA_MASKS	 0x09 // QEMU lets them be read here
#define DMA_CHANNEL	 1

#define PIC		 0x21
#define PIC_OTHER	 0xa1
#define RTC_INDEX	 0x70
#define RTC_B		 0x0b
#define RTC_PERIODIC	 0x40

#define PCI_ADDRESS	 0xcf8
#define PCI_DATA	 0xcfc
#define ISA_BRIDGE	 0x8000f800 // bus 0, device 0x1f, function 0
#define COMMAND		 0x04
#define COMMAND_DECODE	 0x0003
#define COMMAND_MASTER	 0x0004
#define COMMAND_INTX_OFF 0x0400

static struct device_access access;

static uint32_t config_in(uint32_t reg)
{
	device_out(&access, PCI_ADDRESS, 4, ISA_BRIDGE | (reg & 0xfc));
	return device_in(&access, (uint16_t)(PCI_DATA + (reg & 3)), 2);
}

static void config_out(uint32_t reg, uint32_t value)
{
	device_out(&access, PCI_ADDRESS, 4, ISA_BRIDGE | (reg & 0xfc));
	device_out(&access, (uint16_t)(PCI_DATA + (reg & 3)), 2, value);
}

static uint32_t rtc_in(void)
{
	device_out(&access, RTC_INDEX, 1, RTC_B);
	return device_in(&access, RTC_INDEX + 1, 1);
}

static uint32_t ioapic_in(void)
{
	device_write(&access, gpa_make(IOAPIC_SELECT), ENTRY);
	return device_read(&access, gpa_make(IOAPIC_WINDOW));
}

static void program_all(void)
{
	access = (struct device_access){0};
	device_out(&access, DMA_UNMASK, 1, DMA_CHANNEL);
	device_out(&access, PIC, 1, 0xf7);
	device_out(&access, PIC_OTHER, 1, 0xfb);
	device_out(&access, RTC_INDEX, 1, RTC_B);
	device_out(&access, RTC_INDEX + 1, 1, rtc_in() | RTC_PERIODIC);
	device_write(&access, gpa_make(IOAPIC_SELECT), ENTRY);
	device_write(&access, gpa_make(IOAPIC_WINDOW), ENTRY_UNMASKED);
	device_write(&access, gpa_make(HPET_CONFIG), 1);
	config_out(COMMAND, COMMAND_DECODE | COMMAND_MASTER);
}

static void test_quiet(void)
{
	program_all();
	EXPECT_EQ(device_in(&access, DMA_MASKS, 1) >> DMA_CHANNEL & 1, 0);
	EXPECT_EQ(device_in(&access, PIC, 1), 0xf7);
	EXPECT_EQ(rtc_in() & RTC_PERIODIC, RTC_PERIODIC);
	EXPECT_EQ(ioapic_in() & 0x1ffff, ENTRY_UNMASKED);
	EXPECT_EQ(device_read(&access, gpa_make(HPET_CONFIG)), 1);
	EXPECT_EQ(config_in(COMMAND) & COMMAND_MASTER, COMMAND_MASTER);
	devices_quiesce();
	EXPECT_EQ(device_in(&access, DMA_MASKS, 1) & 0xf, 0xf);
	EXPECT_EQ(device_in(&access, PIC, 1), 0xff);
	EXPECT_EQ(device_in(&access, PIC_OTHER, 1), 0xff);
	EXPECT_EQ(rtc_in() & RTC_PERIODIC, 0);
	EXPECT_EQ(ioapic_in() & 0x1ffff, ENTRY_MASKED);
	EXPECT_EQ(device_read(&access, gpa_make(HPET_CONFIG)), 0);
	EXPECT_EQ(config_in(COMMAND), COMMAND_INTX_OFF);
	EXPECT_EQ(access.refused, 0);
}

static void test_count(void)
{
	struct device_access own = {0};
	uint64_t start = cpu_read_tsc();
	uint32_t functions = pci_quiesce(&own);

	suite_note("%u PCI functions: %u accesses, %lu TSC ticks", functions, own.count,
		cpu_read_tsc() - start);
	EXPECT(functions >= 2); // host bridge, ISA bridge
	EXPECT(own.count < 1000);
	EXPECT_EQ(own.refused, 0);
}

static const struct test test_quiesce_tests[] = {
	TEST("quiet", test_quiet),
	TEST("again", test_quiet),
	TEST("count", test_count),
};
TEST_GROUP(test_quiesce, "quiesce");
