// SPDX-License-Identifier: MIT
/*
 * What an image does once the kernel runs. The linker chooses: role_serve.c makes the SVSM, the
 * in-SVSM tests bring their own.
 */
#ifndef KERNEL_ROLE_H
#define KERNEL_ROLE_H

#include "kernel/terminate.h"

// The boot CPU, after all CPUs are online, and each other CPU.
_Noreturn void role_run(void);
_Noreturn void role_run_other(void);

// The VM is about to end with this reason, which the log has already.
void role_ending(enum terminate_reason reason);

#endif
