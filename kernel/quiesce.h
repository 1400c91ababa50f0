// SPDX-License-Identifier: MIT
/*
 * Before the guest starts again: what the old system left running in the PC's devices reaches
 * neither the memory nor an interrupt line of the new one. Best effort: the devices are the host's,
 * and it can raise interrupts and lose data without them. What protects the guest's memory from DMA
 * is the RMP.
 */
#ifndef KERNEL_QUIESCE_H
#define KERNEL_QUIESCE_H

#include "kernel/device_access.h"
#include "kernel/error.h"

// Once, before the guest runs: how PCI's configuration looks.
void devices_note(void);

// The guest's vCPUs are stopped. Whether it still looks so: a guest can lay a device's ports over
// those by which all the others are reached, and none of them would be found.
MUST_USE enum error devices_prepare(void);

// After that. Ends after a bounded number of accesses, whatever the host
// answers; errors are counted in one line of the log.
void devices_quiesce(void);

// Parts of it: PCI functions on all buses that bridges lead to. Returns how many there are.
uint32_t pci_quiesce(struct device_access *access);

// Vendor and device of the first function, which no system can remove; all ones: the ports are not
// those of PCI's configuration.
uint32_t pci_identify(struct device_access *access);

#endif
