// SPDX-License-Identifier: MIT
// Prepares the guest's firmware as its metadata asks (abi/boot.h), and its first vCPU.
#ifndef KERNEL_FIRMWARE_H
#define KERNEL_FIRMWARE_H

#include "lib/util.h"

// False: the image holds no firmware. Ends the VM when the firmware cannot be prepared.
MUST_USE bool firmware_launch(void);

// Whether firmware_restart may be called: firmware was launched, and there is a copy of it.
MUST_USE bool firmware_can_restart(void);

// Takes along what the next boot needs of this one: how many messages the guest has sent to the
// secure processor.
MUST_USE enum error firmware_prepare_restart(void);

// Once more as at launch, after guest_take_back and with frozen vCPUs; the first vCPU still has to
// be started (vcpu_freeze.h). Ends the VM when the host does not let it.
void firmware_restart(void);

#endif
