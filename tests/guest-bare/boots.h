// SPDX-License-Identifier: MIT
/*
 * Tests that go over several boots. Nothing in memory may tell one boot from the next, so what a
 * test wants to know of the last is kept where the host keeps it: in the CMOS RAM, in bytes that
 * nobody else uses. A test reports in its last boot; what is wrong earlier ends the run.
 */
#ifndef GUEST_BOOTS_H
#define GUEST_BOOTS_H

#include "tests/guest-bare/guest.h"

enum kept {
	KEPT_INJECT, // what the SVSM lets fail (tests/svsm/inject)
	KEPT_A,
	KEPT_B,
	KEPT_C,
	KEPT_BOOT,
	KEPT_D,
	KEPT_TSC_LOW,
	KEPT_TSC_HIGH,
};
uint32_t kept(enum kept word);
void keep(enum kept word, uint32_t value);

// The number of this boot, 0 at first.
uint32_t boot_number(void);

// Asks for a reboot, again while the SVSM wants to be asked again; the next boot has the next
// number. Returns after a failure only, with its code.
uint64_t reboot(void);

// The same without asking again when a vCPU could not be stopped.
uint64_t reboot_once(void);

_Noreturn void reboot_or_abort(void);

// A 2 MiB page, private and valid.
void need_large(uint64_t gpa);

#endif
