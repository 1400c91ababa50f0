// SPDX-License-Identifier: MIT
// Prepares the guest's firmware as its metadata asks (abi/boot.h), and its first vCPU.
#ifndef KERNEL_FIRMWARE_H
#define KERNEL_FIRMWARE_H

#include "lib/util.h"

// False: the image holds no firmware. Ends the VM when the firmware cannot be prepared.
MUST_USE bool firmware_launch(void);

#endif
