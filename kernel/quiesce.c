// SPDX-License-Identifier: MIT
// DMA and interrupt controllers and timers of a PC, as after reset. Sources: Intel 8237A, 8259A,
// 8254, 82093AA (I/O APIC) data sheets; IA-PC HPET specification 1.0a; MC146818 data sheet.
#include "kernel/quiesce.h"

#include "kernel/log.h"
#include "lib/util.h"

#define IOAPIC_GPA	    0xfec00000
#define IOAPIC_SELECT	    0x00
#define IOAPIC_WINDOW	    0x10
#define IOAPIC_VERSION	    1
#define IOAPIC_ENTRY(n)	    (0x10 + 2 * (n)) // lower half
#define IOAPIC_ENTRIES_MAX  240
#define IOAPIC_MASKED	    BIT(16) // and edge, which ends what waits for an end of interrupt

#define HPET_GPA	    0xfed00000
#define HPET_REVISION	    0x00 // bits 7:0
#define HPET_PERIOD	    0x04 // femtoseconds a tick
#define HPET_PERIOD_MAX	    0x05f5e100
#define HPET_CONFIG	    0x10
#define HPET_CONFIG_RUNNING 3 // counter, legacy routes

#define RTC_INDEX	    0x70
#define RTC_DATA	    0x71
#define RTC_B		    0x0b
#define RTC_B_INTERRUPTS    0x70 // periodic, alarm, update
#define RTC_C		    0x0c // a read ends what they requested

// The 8237s forget what they were programmed for. Both 8259s from their first command word to all
// masked; edge on every line; the 8254's channel 0 waits for a count.
static const struct {
	uint16_t port;
	uint8_t value;
} legacy[] = {
	{0x0d, 0},
	{0xda, 0},
	{0x20, 0x11},
	{0xa0, 0x11},
	{0x21, 0x08}, // vectors
	{0xa1, 0x70},
	{0x21, 0x04}, // how they are connected
	{0xa1, 0x02},
	{0x21, 0x01},
	{0xa1, 0x01},
	{0x21, 0xff},
	{0xa1, 0xff},
	{0x4d0, 0},
	{0x4d1, 0},
	{0x43, 0x30},
};

static void legacy_quiesce(struct device_access *access)
{
	for (size_t i = 0; i < ARRAY_SIZE(legacy); i++)
		device_out(access, legacy[i].port, 1, legacy[i].value);
}

static uint32_t rtc_read(struct device_access *access, uint8_t index)
{
	device_out(access, RTC_INDEX, 1, index);
	return device_in(access, RTC_DATA, 1);
}

static void rtc_quiesce(struct device_access *access)
{
	uint32_t value = rtc_read(access, RTC_B);

	device_out(access, RTC_DATA, 1, value & ~(uint32_t)RTC_B_INTERRUPTS);
	rtc_read(access, RTC_C);
}

static void ioapic_select(struct device_access *access, uint32_t reg)
{
	device_write(access, gpa_make(IOAPIC_GPA + IOAPIC_SELECT), reg);
}

static void ioapic_quiesce(struct device_access *access)
{
	const gpa_t window = gpa_make(IOAPIC_GPA + IOAPIC_WINDOW);

	ioapic_select(access, IOAPIC_VERSION);
	uint32_t last = device_read(access, window) >> 16 & 0xff;
	uint32_t entries = MIN(last + 1, (uint32_t)IOAPIC_ENTRIES_MAX);

	for (uint32_t i = 0; i < entries; i++) {
		ioapic_select(access, IOAPIC_ENTRY(i));
		device_write(access, window, IOAPIC_MASKED);
	}
}

static bool is_hpet(struct device_access *access)
{
	uint32_t revision = device_read(access, gpa_make(HPET_GPA + HPET_REVISION)) & 0xff;
	uint32_t period = device_read(access, gpa_make(HPET_GPA + HPET_PERIOD));

	return revision != 0 && period != 0 && period <= HPET_PERIOD_MAX;
}

static void hpet_quiesce(struct device_access *access)
{
	const gpa_t config = gpa_make(HPET_GPA + HPET_CONFIG);

	if (is_hpet(access))
		device_write(access, config,
			device_read(access, config) & ~(uint32_t)HPET_CONFIG_RUNNING);
}

static uint32_t pci_identity; // before the guest ran

void devices_note(void)
{
	struct device_access access = {0};

	pci_identity = pci_identify(&access);
}

enum error devices_prepare(void)
{
	struct device_access access = {0};
	uint32_t identity = pci_identify(&access);

	if (identity == pci_identity)
		return OK;
	log_warn("devices: PCI's configuration is 0x%x, and was 0x%x", identity, pci_identity);
	return ERR_INVALID_REQUEST;
}

// What raises interrupts, and then what passes them on: whatever the host says of PCI.
void devices_quiesce(void)
{
	struct device_access pci = {0};
	struct device_access platform = {0};
	uint32_t functions = pci_quiesce(&pci);

	hpet_quiesce(&platform);
	rtc_quiesce(&platform);
	legacy_quiesce(&platform);
	ioapic_quiesce(&platform);
	log_info("devices: quiet, %u PCI functions; %u accesses, %u refused", functions,
		pci.count + platform.count, pci.refused + platform.refused);
}
