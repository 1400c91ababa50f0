// SPDX-License-Identifier: MIT
// A copy of the firmware's image as it was measured, for when the guest starts anew: the guest may
// write to it, and the host is not asked for it again.
#ifndef KERNEL_FIRMWARE_IMAGE_H
#define KERNEL_FIRMWARE_IMAGE_H

#include "abi/boot.h"
#include "kernel/error.h"

// Before the guest runs. ERR_NO_MEMORY: nothing is kept, and a reboot of the guest is not possible.
MUST_USE enum error firmware_image_keep(struct boot_range image);

MUST_USE bool firmware_image_is_kept(void);

// Into pages that are valid and zero.
MUST_USE enum error firmware_image_restore(void);

#endif
