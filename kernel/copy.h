// SPDX-License-Identifier: MIT
// Accesses that may fault (copy.S). False: a fault came, and part may have been done.
#ifndef KERNEL_COPY_H
#define KERNEL_COPY_H

#include "lib/util.h"

MUST_USE bool copy_may_fault(void *dst, const void *src, size_t size);
MUST_USE bool zero_may_fault(void *p, size_t size); // size: a multiple of 256, not 0
MUST_USE bool swap_may_fault(uint8_t *p, uint8_t *value);

#endif
