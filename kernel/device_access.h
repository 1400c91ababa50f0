// SPDX-License-Identifier: MIT
/*
 * Accesses to devices that may not be there, through a host that may answer anything: each counts,
 * and when there were too many, or too many were refused, there are no more. So every loop over
 * what devices say about themselves ends.
 */
#ifndef KERNEL_DEVICE_ACCESS_H
#define KERNEL_DEVICE_ACCESS_H

#include "lib/addr.h"

#define DEVICE_ACCESSES_MAX 32768
#define DEVICE_REFUSALS_MAX 32

struct device_access {
	uint32_t count;	  // how many there were
	uint32_t refused; // of these by the host
};

// What the host says, in the lower bits; all ones when it refuses, as from a device that is not
// there.
uint32_t device_in(struct device_access *access, uint16_t port, unsigned int size);
void device_out(struct device_access *access, uint16_t port, unsigned int size, uint32_t value);

// 32-bit registers in memory
uint32_t device_read(struct device_access *access, gpa_t reg);
void device_write(struct device_access *access, gpa_t reg, uint32_t value);

#endif
