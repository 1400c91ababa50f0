// SPDX-License-Identifier: MIT
// What a target of the software machine needs around the part it drives: log, locks, and the end of
// the run, which here goes back to the target.
#ifndef TESTS_FUZZ_MACHINE_H
#define TESTS_FUZZ_MACHINE_H

#include "machine/base/machine.h"
#include "tests/fuzz/fuzz.h"

enum machine_result {
	MACHINE_RETURNED,
	MACHINE_ENDED,	 // machine_end; machine_code tells how
	MACHINE_STOPPED, // machine_stop: the VM was stopped
	MACHINE_DRY,	 // machine_dry: the target has no more input
};
extern enum end_code machine_code;

// Calls run(argument), with all locks free. Afterwards none is held if it returned.
enum machine_result machine_run(void (*run)(void *argument), void *argument);
_Noreturn void machine_dry(void);

// A pointer as the system-physical address that spa_ptr turns into it again, and the reverse.
static inline uint64_t machine_spa(const void *p)
{
	return (uint64_t)(uintptr_t)p - DIRECT_MAP_BASE;
}

#endif
