// SPDX-License-Identifier: MIT
// PCI functions that neither read nor write memory and raise no interrupt any more. What decodes
// addresses stays: the firmware assigns them anew. Sources: PCI local bus specification 3.0,
// chapter 6; VIRTIO 1.1, section 4.1.4.
#include "kernel/quiesce.h"

#include "lib/util.h"

#define CONFIG_ADDRESS	   0xcf8
#define CONFIG_DATA	   0xcfc
#define CONFIG_ENABLE	   BIT(31)

#define REG_VENDOR	   0x00
#define REG_COMMAND	   0x04
#define REG_STATUS	   0x06
#define REG_HEADER_TYPE	   0x0e
#define REG_SECONDARY_BUS  0x19
#define REG_CAPABILITIES   0x34

#define VENDOR_NONE	   0xffff
#define VENDOR_VIRTIO	   0x1af4
#define COMMAND_MASTER	   BIT(2)
#define COMMAND_INTX_OFF   BIT(10) // drivers clear it when they take the device
#define STATUS_HAS_LIST	   BIT(4)
#define HEADER_MULTI	   BIT(7)
#define HEADER_TYPE	   0x7f
#define HEADER_BRIDGE	   1

#define CAPABILITIES_MAX   48 // as many as fit
#define CAPABILITIES_FIRST 0x40
#define CAPABILITY_MSI	   0x05
#define CAPABILITY_VENDOR  0x09
#define CAPABILITY_MSIX	   0x11
#define MSI_ENABLE	   BIT(0)
#define MSIX_ENABLE	   BIT(15)

// Virtio's capabilities: where its registers lie, and a window to them in the configuration space.
#define VIRTIO_TYPE   3
#define VIRTIO_BAR    4
#define VIRTIO_OFFSET 8
#define VIRTIO_LENGTH 12
#define VIRTIO_DATA   16
#define VIRTIO_COMMON 1
#define VIRTIO_WINDOW 5
#define VIRTIO_STATUS 0x14 // in the common registers; 0: reset

#define BUSES	      256
#define DEVICES	      32
#define FUNCTIONS     8

// A function as the address register wants it
#define FUNCTION_AT(bus, device, function)                                                         \
	((uint32_t)(bus) << 16 | (uint32_t)(device) << 11 | (uint32_t)(function) << 8)

struct pci_scan {
	struct device_access *access;
	uint32_t functions;
	uint64_t found[BUSES / 64]; // buses, looked at or not
};

struct virtio {
	uint32_t common; // offset of the capability, 0: none
	uint32_t window;
};

static void config_select(struct device_access *access, uint32_t function, uint32_t reg)
{
	device_out(access, CONFIG_ADDRESS, 4, (uint32_t)CONFIG_ENABLE | function | (reg & 0xfc));
}

static uint32_t config_read(
	struct device_access *access, uint32_t function, uint32_t reg, unsigned int size)
{
	config_select(access, function, reg);
	return device_in(access, (uint16_t)(CONFIG_DATA + (reg & 3)), size);
}

static void config_write(struct device_access *access, uint32_t function, uint32_t reg,
	unsigned int size, uint32_t value)
{
	config_select(access, function, reg);
	device_out(access, (uint16_t)(CONFIG_DATA + (reg & 3)), size, value);
}

// 16 bits: those behind a command register take writes of their own.
static void config_change(
	struct device_access *access, uint32_t function, uint32_t reg, uint32_t clear, uint32_t set)
{
	uint32_t value = config_read(access, function, reg, 2) & 0xffff;

	if (((value & ~clear) | set) != value)
		config_write(access, function, reg, 2, (value & ~clear) | set);
}

// A virtio device that is only cut off goes on with the old queues when the next driver lets it at
// memory again.
static void virtio_reset(
	struct device_access *access, uint32_t function, const struct virtio *virtio)
{
	uint32_t window = virtio->window;

	if (virtio->common == 0 || window == 0)
		return;
	uint32_t bar = config_read(access, function, virtio->common + VIRTIO_BAR, 1);
	uint32_t offset = config_read(access, function, virtio->common + VIRTIO_OFFSET, 4);

	config_write(access, function, window + VIRTIO_BAR, 1, bar);
	config_write(access, function, window + VIRTIO_OFFSET, 4, offset + VIRTIO_STATUS);
	config_write(access, function, window + VIRTIO_LENGTH, 4, 1);
	config_write(access, function, window + VIRTIO_DATA, 1, 0);
}

static void virtio_note(
	struct device_access *access, uint32_t function, uint32_t at, struct virtio *virtio)
{
	uint32_t type = config_read(access, function, at + VIRTIO_TYPE, 1);

	if (type == VIRTIO_COMMON)
		virtio->common = at;
	else if (type == VIRTIO_WINDOW)
		virtio->window = at;
}

static void capabilities_quiesce(struct device_access *access, uint32_t function, bool is_virtio)
{
	uint32_t at = config_read(access, function, REG_CAPABILITIES, 1) & 0xfc;
	struct virtio virtio = {0};

	for (size_t i = 0; i < CAPABILITIES_MAX && at >= CAPABILITIES_FIRST; i++) {
		uint32_t head = config_read(access, function, at, 2);
		uint32_t id = head & 0xff;

		if (id == CAPABILITY_MSI)
			config_change(access, function, at + 2, MSI_ENABLE, 0);
		else if (id == CAPABILITY_MSIX)
			config_change(access, function, at + 2, MSIX_ENABLE, 0);
		else if (id == CAPABILITY_VENDOR && is_virtio)
			virtio_note(access, function, at, &virtio);
		at = head >> 8 & 0xfc;
	}
	virtio_reset(access, function, &virtio);
}

static void bus_note(struct pci_scan *scan, uint32_t bus)
{
	scan->found[bus / 64 % ARRAY_SIZE(scan->found)] |= BIT(bus % 64);
}

// Returns the header's type, or all ones: there is no such function.
static uint32_t function_quiesce(struct pci_scan *scan, uint32_t function)
{
	struct device_access *access = scan->access;
	uint32_t vendor = config_read(access, function, REG_VENDOR, 2) & 0xffff;

	if (vendor == VENDOR_NONE)
		return UINT32_MAX;
	uint32_t type = config_read(access, function, REG_HEADER_TYPE, 1) & 0xff;

	scan->functions++;
	if ((config_read(access, function, REG_STATUS, 2) & STATUS_HAS_LIST) != 0)
		capabilities_quiesce(access, function, vendor == VENDOR_VIRTIO);
	config_change(access, function, REG_COMMAND, COMMAND_MASTER, COMMAND_INTX_OFF);
	if ((type & HEADER_TYPE) == HEADER_BRIDGE)
		bus_note(scan, config_read(access, function, REG_SECONDARY_BUS, 1) & 0xff);
	return type;
}

static void bus_quiesce(struct pci_scan *scan, uint32_t bus)
{
	for (uint32_t device = 0; device < DEVICES; device++) {
		uint32_t type = function_quiesce(scan, FUNCTION_AT(bus, device, 0));

		if (type == UINT32_MAX || (type & HEADER_MULTI) == 0)
			continue;
		for (uint32_t i = 1; i < FUNCTIONS; i++)
			function_quiesce(scan, FUNCTION_AT(bus, device, i));
	}
}

// Each bus once, in ascending order: a bridge's secondary bus has a larger number than its own.
uint32_t pci_quiesce(struct device_access *access)
{
	struct pci_scan scan = {.access = access, .found = {BIT(0)}};

	for (uint32_t bus = 0; bus < BUSES; bus++) {
		if ((scan.found[bus / 64] & BIT(bus % 64)) != 0)
			bus_quiesce(&scan, bus);
	}
	return scan.functions;
}
