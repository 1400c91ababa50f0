// SPDX-License-Identifier: MIT
// The protocols of services that are no standard: numbers from 0xc0000000 on. The kernel knows no
// more of them than that; what a call means is between guest and service.
#ifndef KERNEL_SERVICE_PROTOCOL_H
#define KERNEL_SERVICE_PROTOCOL_H

#include "kernel/request.h"

// NULL: no service serves it, or none that the guest may call.
const struct protocol *service_protocol_find(uint32_t id);

#endif
