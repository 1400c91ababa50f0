// SPDX-License-Identifier: MIT
// All CPUs in the kernel and out of the guest, for a reboot of the guest.
#ifndef KERNEL_CPUS_STOP_H
#define KERNEL_CPUS_STOP_H

#include "kernel/error.h"

// Calls all other CPUs back, and keeps them. ERR_RMP_INUSE: one does not come within a few
// seconds; then none is kept.
MUST_USE enum error cpus_stop(void);

// Lets them go on.
void cpus_go(void);

// Whether no CPU may run the guest, and should be in cpus_wait() soon.
MUST_USE bool cpus_are_stopped(void);

// By each CPU between two requests: waits until it may go on.
void cpus_wait(void);

#endif
