// SPDX-License-Identifier: MIT
/*
 * PCI functions that neither read nor write memory, raise no interrupt and answer at no address any
 * more: ports of theirs may lie over those of the other devices that are to be switched off.
 *
 * The old system has numbered the buses, and may have left a bridge without a number that leads
 * behind it. So what lies behind a bridge is reset through the bridge, found or not; what is on the
 * root bus is always found. What a function wrote before it was cut off has arrived: its answer to
 * a write to its configuration does not overtake that.
 *
 * Sources: PCI local bus specification 3.0, chapter 6; PCI-to-PCI bridge architecture 1.2, section
 * 3.2.5.18; PCI Express base 3.0, sections 2.4.1, 6.6.2, 7.8; VIRTIO 1.1, section 4.1.4.
 */
#include "kernel/quiesce.h"

#include "kernel/cpu.h"
#include "kernel/pci_config.h"
#include "lib/util.h"

#define REG_VENDOR	   0x00
#define REG_COMMAND	   0x04
#define REG_STATUS	   0x06
#define REG_HEADER_TYPE	   0x0e
#define REG_SECONDARY_BUS  0x19
#define REG_CAPABILITIES   0x34
#define REG_BRIDGE_CONTROL 0x3e

#define VENDOR_NONE	   0xffff
#define VENDOR_VIRTIO	   0x1af4
#define COMMAND_ALL	   (BIT(0) | BIT(1) | BIT(2)) // ports, memory, bus mastering
#define COMMAND_INTX_OFF   BIT(10)		      // drivers clear it when they take the device
#define STATUS_HAS_LIST	   BIT(4)
#define HEADER_MULTI	   BIT(7)
#define HEADER_TYPE	   0x7f
#define HEADER_BRIDGE	   1
#define BRIDGE_RESET	   BIT(6) // of the bus behind it, while set

#define CAPABILITIES_MAX   48 // as many as fit
#define CAPABILITIES_FIRST 0x40
#define CAPABILITY_MSI	   0x05
#define CAPABILITY_VENDOR  0x09
#define CAPABILITY_EXPRESS 0x10
#define CAPABILITY_MSIX	   0x11
#define MSI_ENABLE	   BIT(0)
#define MSIX_ENABLE	   BIT(15)
#define EXPRESS_FEATURES   4
#define EXPRESS_CAN_RESET  BIT(28)
#define EXPRESS_CONTROL	   8
#define EXPRESS_RESET	   BIT(15)

// A bus has to be in reset for a millisecond: in TSC ticks at 4 GHz, twice that at 2 GHz.
#define RESET_TICKS (1ull << 22)

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

struct pci_scan {
	struct device_access *access;
	uint32_t functions;
	uint64_t found[BUSES / 64]; // buses, looked at or not
};

// Offsets of the capabilities that are needed again; 0: none
struct capabilities {
	uint32_t virtio_common, virtio_window;
	uint32_t express;
};

// A virtio device that is only cut off goes on with the old queues when the next driver lets it at
// memory again.
static void virtio_reset(
	struct device_access *access, uint32_t function, const struct capabilities *found)
{
	uint32_t common = found->virtio_common;
	uint32_t window = found->virtio_window;

	if (common == 0 || window == 0)
		return;
	uint32_t bar = pci_config_read(access, function, common + VIRTIO_BAR, 1);
	uint32_t offset = pci_config_read(access, function, common + VIRTIO_OFFSET, 4);

	pci_config_write(access, function, window + VIRTIO_BAR, 1, bar);
	pci_config_write(access, function, window + VIRTIO_OFFSET, 4, offset + VIRTIO_STATUS);
	pci_config_write(access, function, window + VIRTIO_LENGTH, 4, 1);
	pci_config_write(access, function, window + VIRTIO_DATA, 1, 0);
}

static void virtio_note(
	struct device_access *access, uint32_t function, uint32_t at, struct capabilities *found)
{
	uint32_t type = pci_config_read(access, function, at + VIRTIO_TYPE, 1) & 0xff;

	if (type == VIRTIO_COMMON)
		found->virtio_common = at;
	else if (type == VIRTIO_WINDOW)
		found->virtio_window = at;
}

static void capabilities_quiesce(
	struct device_access *access, uint32_t function, bool is_virtio, struct capabilities *found)
{
	uint32_t at = pci_config_read(access, function, REG_CAPABILITIES, 1) & 0xfc;

	for (size_t i = 0; i < CAPABILITIES_MAX && at >= CAPABILITIES_FIRST; i++) {
		uint32_t head = pci_config_read(access, function, at, 2);
		uint32_t id = head & 0xff;

		if (id == CAPABILITY_MSI)
			pci_config_change(access, function, at + 2, MSI_ENABLE, 0);
		else if (id == CAPABILITY_MSIX)
			pci_config_change(access, function, at + 2, MSIX_ENABLE, 0);
		else if (id == CAPABILITY_EXPRESS)
			found->express = at;
		else if (id == CAPABILITY_VENDOR && is_virtio)
			virtio_note(access, function, at, found);
		at = head >> 8 & 0xfc;
	}
}

// Where a device offers it: as at power-on, it has forgotten what it was told. Others could go on
// with that as soon as a driver lets them at memory again.
static void device_reset(struct device_access *access, uint32_t function, uint32_t express)
{
	if (express == 0)
		return;
	uint32_t features = pci_config_read(access, function, express + EXPRESS_FEATURES, 4);

	if ((features & EXPRESS_CAN_RESET) != 0)
		pci_config_change(access, function, express + EXPRESS_CONTROL, 0, EXPRESS_RESET);
}

// All behind it, other bridges too.
static void bridge_reset(struct device_access *access, uint32_t bridge)
{
	uint64_t start = 0;

	pci_config_change(access, bridge, REG_BRIDGE_CONTROL, 0, BRIDGE_RESET);
	start = cpu_read_tsc();
	while (cpu_read_tsc() - start < RESET_TICKS)
		cpu_pause();
	pci_config_change(access, bridge, REG_BRIDGE_CONTROL, BRIDGE_RESET, 0);
}

// A bridge that does not reset what is behind it: that is looked for in the same way.
static void bridge_quiesce(struct pci_scan *scan, uint32_t bridge)
{
	struct device_access *access = scan->access;
	uint32_t bus = pci_config_read(access, bridge, REG_SECONDARY_BUS, 1) & 0xff;

	scan->found[bus / 64 % ARRAY_SIZE(scan->found)] |= BIT(bus % 64);
	if (PCI_BUS(bridge) == 0)
		bridge_reset(access, bridge);
}

// Returns the header's type, or all ones: there is no such function.
static uint32_t function_quiesce(struct pci_scan *scan, uint32_t function)
{
	struct device_access *access = scan->access;
	struct capabilities found = {0};
	uint32_t vendor = pci_config_read(access, function, REG_VENDOR, 2) & 0xffff;

	if (vendor == VENDOR_NONE)
		return UINT32_MAX;
	uint32_t type = pci_config_read(access, function, REG_HEADER_TYPE, 1) & 0xff;

	scan->functions++;
	if ((pci_config_read(access, function, REG_STATUS, 2) & STATUS_HAS_LIST) != 0)
		capabilities_quiesce(access, function, vendor == VENDOR_VIRTIO, &found);
	virtio_reset(access, function, &found);
	pci_config_change(access, function, REG_COMMAND, COMMAND_ALL, COMMAND_INTX_OFF);
	if ((type & HEADER_TYPE) == HEADER_BRIDGE)
		bridge_quiesce(scan, function);
	else
		device_reset(access, function, found.express);
	return type;
}

static void bus_quiesce(struct pci_scan *scan, uint32_t bus)
{
	for (uint32_t device = 0; device < DEVICES; device++) {
		uint32_t type = function_quiesce(scan, PCI_FUNCTION(bus, device, 0));

		if (type == UINT32_MAX || (type & HEADER_MULTI) == 0)
			continue;
		for (uint32_t i = 1; i < FUNCTIONS; i++)
			function_quiesce(scan, PCI_FUNCTION(bus, device, i));
	}
}

uint32_t pci_identify(struct device_access *access)
{
	const uint32_t first = PCI_FUNCTION(0, 0, 0);

	return pci_config_is_there(access, first) ? pci_config_read(access, first, REG_VENDOR, 4)
						  : UINT32_MAX;
}

// Each bus once, in ascending order: a bridge's secondary bus has a larger number than its own,
// unless the old system wanted it otherwise.
uint32_t pci_quiesce(struct device_access *access)
{
	struct pci_scan scan = {.access = access, .found = {BIT(0)}};

	for (uint32_t bus = 0; bus < BUSES; bus++) {
		if ((scan.found[bus / 64] & BIT(bus % 64)) != 0)
			bus_quiesce(&scan, bus);
	}
	return scan.functions;
}
