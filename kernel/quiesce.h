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

// The guest's vCPUs are stopped. Ends after a bounded number of accesses, whatever the host
// answers; errors are counted in one line of the log.
void devices_quiesce(void);

// Part of it: PCI functions on all buses that bridges lead to. Returns how many there are.
uint32_t pci_quiesce(struct device_access *access);

#endif
