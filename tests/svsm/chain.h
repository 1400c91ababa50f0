// SPDX-License-Identifier: MIT
// Services that call each other: B may call A, and C may call B.
#ifndef SUITE_CHAIN_H
#define SUITE_CHAIN_H

#include "tests/svsm/actors.h"

MUST_USE bool chain_start(void);

// B asks A; B's answer: A's register, the system call's result, A's result.
enum error ask_a(uint32_t call, uint64_t argument);

#endif
