/* SPDX-License-Identifier: MIT */
// Between the test guest and an SVSM whose reboots fail when the guest wants it: four bytes of CMOS
// RAM.
#ifndef INJECT_H
#define INJECT_H

#define INJECT_CMOS 0x60 // byte 0: enum inject_site; 1 and 2: which call of it; 3: it has failed

enum inject_site {
	INJECT_NOTHING,
	INJECT_SETTLE,
	INJECT_STOP,
	INJECT_FREEZE,
	INJECT_DEVICES,
	INJECT_PREPARE_RESTART,
	INJECT_WITHDRAW,
	INJECT_PREPARE_RESET,
	INJECT_REVOKE,
	INJECT_UNSEAL,
	INJECT_WAKE,
	INJECT_ALLOC,
	INJECT_SITES,
};

#endif
