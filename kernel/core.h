// SPDX-License-Identifier: MIT
// Core protocol, version 1 (document 58019, section 6).
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

#endif
