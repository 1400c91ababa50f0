// SPDX-License-Identifier: MIT
/*
 * All of the guest's memory at once, for a reboot of the guest: first its rights, which can be
 * given back, then the pages themselves. With the guest's vCPUs frozen (vcpu_freeze.h).
 */
#ifndef KERNEL_GUEST_WITHDRAW_H
#define KERNEL_GUEST_WITHDRAW_H

#include "kernel/error.h"

// Takes the guest's rights to every valid page. After an error it has them all again.
// ERR_FAULT, ERR_RMP_*: the host does not have a page there that the guest validated.
MUST_USE enum error guest_withdraw(void);

// Gives them back. VMSAs come out as ordinary pages.
void guest_give_back(void);

// After guest_withdraw, for good: no page is valid, and the host is asked to make all of the
// guest's memory private. ERR_HOST: it refuses. ERR_FAULT, ERR_RMP_*: it has put another page in
// the place of a valid one.
MUST_USE enum error guest_take_back(void);

#endif
