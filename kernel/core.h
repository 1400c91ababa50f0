// SPDX-License-Identifier: MIT
// Core protocol: version 1 (document 58019, section 6), and 2, which is Copra's (docs/reboot.md).
#ifndef KERNEL_CORE_H
#define KERNEL_CORE_H

#include "kernel/request.h"

extern const struct protocol core_protocol;

// core_pvalidate.c
MUST_USE enum error core_pvalidate(struct request *request);

// core_vcpu.c
MUST_USE enum error core_create_vcpu(struct request *request);
MUST_USE enum error core_delete_vcpu(struct request *request);
MUST_USE enum error core_remap_ca(struct request *request);

// core_reboot.c. After OK core_reboot leaves no vCPU to answer: request->vcpu is NULL.
MUST_USE enum error core_reboot(struct request *request);
MUST_USE enum error core_reboot_query(struct request *request);

#endif
