// SPDX-License-Identifier: MIT
// Leaving the kernel for the guest or for sleep (guest_switch.S).
#ifndef KERNEL_SNP_GUEST_SWITCH_H
#define KERNEL_SNP_GUEST_SWITCH_H

#include "hw/ghcb.h"
#include "lib/util.h"

// The GHCB MSR's value after the exit; 0: an event came first and there was no exit.
MUST_USE uint64_t guest_switch(const struct hv_doorbell *doorbell, uint64_t request);

void idle_wait(const struct hv_doorbell *doorbell);

#endif
