// SPDX-License-Identifier: MIT
// All that the running CPU can reach.
#ifndef SUITE_TABLES_H
#define SUITE_TABLES_H

#include <stdbool.h>
#include <stdint.h>

typedef bool (*entry_check)(uint64_t va, uint64_t entry, bool leaf);

// Every present entry of the running CPU's tables; ends when a check fails.
void tables_walk(entry_check check);

#endif
