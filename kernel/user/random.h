// SPDX-License-Identifier: MIT
// Random bytes from the processor's own source.
#ifndef KERNEL_USER_RANDOM_H
#define KERNEL_USER_RANDOM_H

#include "lib/util.h"

// RDSEED, where it is there, combined with RDRAND. False: the processor gives none; the bytes are
// wiped.
MUST_USE bool random_bytes(uint8_t *bytes, size_t size);

#endif
