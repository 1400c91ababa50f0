// SPDX-License-Identifier: MIT
/*
 * The guest starts anew, the SVSM goes on (docs/reboot.md). Everything that can fail is done first,
 * and undone when it does; then nothing of the guest is left, and its firmware starts as at launch.
 */
#ifndef KERNEL_REBOOT_H
#define KERNEL_REBOOT_H

#include "kernel/error.h"

// Whether a reboot is possible: the image has firmware, and the kernel a copy of it.
MUST_USE bool reboot_is_possible(void);

// For the guest's vCPU that this CPU serves. OK: its VMSA and calling area are nobody's any more.
// After an error the guest goes on as before:
//	ERR_INVALID_REQUEST   not possible, or no memory
//	ERR_BUSY              another CPU is at it
//	ERR_SVSM_INCOMPLETE   a service has a request to finish: call again
//	ERR_RMP_INUSE         a vCPU cannot be stopped
//	ERR_FAULT, ERR_RMP_*  the host does not have a page that the guest validated
MUST_USE enum error reboot_guest(void);

// Called by each CPU's loop after it has taken its events: waits while another CPU reboots the
// guest, and starts the first vCPU afterwards.
void reboot_wait(void);

// Whether the guest has asked for a reboot that waits for a service, a moment ago: then services
// take no new request, or there might always be one.
MUST_USE bool reboot_is_wanted(void);

// Whether the guest must not be run now.
MUST_USE bool reboot_is_on(void);

#endif
