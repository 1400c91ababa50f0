// SPDX-License-Identifier: MIT
// The processor's defences: control-register bits, and the stack protector's guard.
#ifndef KERNEL_PROTECT_H
#define KERNEL_PROTECT_H

#include <stdint.h>

// A value nobody outside knows. Runs before anything that uses the stack protector.
void protect_seed_stack_guard(void);

// Turns on what the CPUID page shows: SMEP, SMAP, UMIP. Write protection and NX are on already.
void protect_init_cpu(void);

#endif
