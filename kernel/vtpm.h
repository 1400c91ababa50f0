// SPDX-License-Identifier: MIT
// vTPM protocol, version 1 (document 58019, section 8): the kernel's part, which carries bytes
// between the guest's buffer and the service.
#ifndef KERNEL_VTPM_H
#define KERNEL_VTPM_H

#include "kernel/request.h"

extern const struct protocol vtpm_protocol;

#endif
