// SPDX-License-Identifier: MIT
// The services of the image (struct boot_service), each found by the protocol that it serves.
#ifndef KERNEL_SERVICES_H
#define KERNEL_SERVICES_H

#include "kernel/user/service.h"

// Starts all of them; ends the VM when one does not start: the guest was to have it.
void services_start(void);

// NULL: no service serves this protocol.
struct service *services_find(uint32_t protocol);

#endif
