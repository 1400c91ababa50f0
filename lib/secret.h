// SPDX-License-Identifier: MIT
// Memory that holds secrets.
#ifndef LIB_SECRET_H
#define LIB_SECRET_H

#include "lib/util.h"

// Overwrites with zeros; the compiler cannot drop it as a dead store.
void mem_wipe(void *p, size_t size);

// Whether two regions hold the same bytes. The time depends on the size alone.
MUST_USE bool mem_equal_ct(const void *a, const void *b, size_t size);

#endif
