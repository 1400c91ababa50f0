// SPDX-License-Identifier: MIT
// PCI's configuration space, by the ports of its first access mechanism (PCI local bus
// specification 3.0, section 3.2.2.3.2).
#ifndef KERNEL_PCI_CONFIG_H
#define KERNEL_PCI_CONFIG_H

#include "kernel/device_access.h"

// A function as the address register wants it
#define PCI_FUNCTION(bus, device, function)                                                        \
	((uint32_t)(bus) << 16 | (uint32_t)(device) << 11 | (uint32_t)(function) << 8)
#define PCI_BUS(function) ((function) >> 16)

// Whether the address register is there: it holds what is written to it.
MUST_USE bool pci_config_is_there(struct device_access *access, uint32_t function);

// `size` bytes that do not cross a multiple of 4. Only the lower bits of what is read count.
uint32_t pci_config_read(
	struct device_access *access, uint32_t function, uint32_t reg, unsigned int size);
void pci_config_write(struct device_access *access, uint32_t function, uint32_t reg,
	unsigned int size, uint32_t value);

// Bits of 16: those behind a command register take writes of their own.
void pci_config_change(struct device_access *access, uint32_t function, uint32_t reg,
	uint32_t clear, uint32_t set);

#endif
