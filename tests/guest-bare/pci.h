// SPDX-License-Identifier: MIT
// PCI functions, bridges and memory-mapped registers, all by way of the host. Sources: PCI local
// bus specification 3.0, chapter 6; PCI-to-PCI bridge architecture 1.2, chapter 3.
#ifndef GUEST_PCI_H
#define GUEST_PCI_H

#include "tests/guest-bare/guest.h"

#define PCI_AT(bus, device, function)                                                              \
	((uint32_t)(bus) << 16 | (uint32_t)(device) << 11 | (uint32_t)(function) << 8)

#define PCI_ID		     0x00 // vendor, device
#define PCI_COMMAND	     0x04
#define PCI_COMMAND_PORTS    0x001
#define PCI_COMMAND_MEMORY   0x002
#define PCI_COMMAND_MASTER   0x004
#define PCI_COMMAND_INTX_OFF 0x400
#define PCI_BAR0	     0x10
#define PCI_SECONDARY_BUS    0x19
#define PCI_LAST_BUS	     0x1a
#define PCI_LINE	     0x3c
#define PCI_CAPABILITIES     0x34
#define PCI_CAPABILITY_MSI   0x05

uint32_t pci_read(uint32_t function, uint32_t reg, unsigned size);
void pci_write(uint32_t function, uint32_t reg, unsigned size, uint32_t value);

// Buses `secondary` to `last` are behind it, and the MiB that begin at `memory`.
void pci_bridge_open(
	uint32_t bridge, uint32_t secondary, uint32_t last, uint32_t memory, uint32_t size);

// One message to this CPU as this vector, the function's MSI.
void pci_msi_enable(uint32_t function, uint8_t vector);
bool pci_msi_is_enabled(uint32_t function);

// 32-bit registers in memory
uint32_t mmio_read(uint64_t gpa);
void mmio_write(uint64_t gpa, uint32_t value);

#endif
