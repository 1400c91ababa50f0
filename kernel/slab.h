// SPDX-License-Identifier: MIT
// Small objects, up to SLAB_SIZE_MAX bytes: each page holds objects of one size. Objects come
// zeroed.
#ifndef KERNEL_SLAB_H
#define KERNEL_SLAB_H

#include "lib/util.h"

#define SLAB_SIZE_MAX 1024

// NULL: no memory, or too large.
MUST_USE void *slab_alloc(size_t size);
void slab_free(void *object); // NULL is fine

// Objects in use, for leak checks.
uint64_t slab_count_used(void);

#endif
