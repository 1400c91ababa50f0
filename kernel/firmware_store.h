// SPDX-License-Identifier: MIT
/*
 * The part of the firmware's image that holds UEFI variables.
 *
 * OVMF takes it for a flash chip of the host's and uses it without C-bit, telling nobody: the host
 * takes the private page away then. A private page that the SVSM counted as the guest's would stay
 * validated, out of sight: no reboot could take it back, and a host could show it to the guest of
 * a later boot. So those pages are invalidated before the firmware starts, and are nobody's.
 */
#ifndef KERNEL_FIRMWARE_STORE_H
#define KERNEL_FIRMWARE_STORE_H

#include "abi/boot.h"
#include "kernel/error.h"

// What the image has without the store, which stands at its start; *image stays as it is when there
// is none. The pages must be the guest's (guest_page_adopt), and the store's are not any more.
MUST_USE enum error firmware_store_leave(struct boot_range *image);

#endif
