// SPDX-License-Identifier: MIT
// Leaving the kernel for the guest or for sleep (guest_switch.S).
#ifndef KERNEL_SNP_GUEST_SWITCH_H
#define KERNEL_SNP_GUEST_SWITCH_H

#include "hw/ghcb.h"
#include "lib/util.h"

// The exit that the GHCB asks for. False: an event came first, and there was none.
MUST_USE bool guest_switch(const struct hv_doorbell *doorbell);

void idle_wait(const struct hv_doorbell *doorbell);

#endif
