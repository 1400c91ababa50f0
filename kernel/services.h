// SPDX-License-Identifier: MIT
// The services of the image (struct boot_service), each found by the protocol that it serves.
#ifndef KERNEL_SERVICES_H
#define KERNEL_SERVICES_H

#include "abi/boot.h"
#include "kernel/user/service.h"

// Starts all of them; ends the VM when one does not start: the guest was to have it.
void services_start(void);

// What the image says of the service of this number, from 0 on. False: there is none.
MUST_USE bool services_describe(size_t index, struct boot_service *service);

/*
 * For a reboot of the guest, with all its vCPUs stopped but for services_settle.
 *
 *	services_settle         helps requests along that are being served; ERR_SVSM_INCOMPLETE:
 *	                        one is not done yet
 *	services_prepare_reset  starts those afresh that have died; an error: one does not start
 *	services_undo_reset     ends these again
 *	services_reset          for good: all that take part are as for a guest that never ran
 */
MUST_USE enum error services_settle(void);
MUST_USE enum error services_prepare_reset(void);
void services_undo_reset(void);
void services_reset(void);

// NULL: no service serves this protocol.
struct service *services_find(uint32_t protocol);

// Whether there is one, and its manifest lets the guest call it.
MUST_USE bool services_guest_may_call(uint32_t protocol);

#endif
