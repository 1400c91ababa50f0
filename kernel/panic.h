// SPDX-License-Identifier: MIT
// The kernel's own faults: report, then end the VM.
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include "kernel/terminate.h"
#include "lib/util.h"

struct trap_frame;

_Noreturn void panic(const char *format, ...) PRINTF_LIKE(1, 2);

// With the registers and the stack of a trap.
_Noreturn void panic_trap(const struct trap_frame *frame, enum terminate_reason reason);

// Logs one line a stack frame, innermost first, from this frame pointer on.
void backtrace_log(uint64_t rip, uint64_t rbp);

// Name of the function that holds this address, and the offset in it; NULL: not known.
const char *ksym_find(uint64_t address, uint64_t *offset);

// For what only our own mistake can make false; never for data from the guest or the host.
#define KERNEL_ASSERT(condition)                                                                   \
	do {                                                                                       \
		if (__builtin_expect(!(condition), 0))                                             \
			panic("%s:%d: not true: %s", __FILE__, __LINE__, #condition);              \
	} while (0)

#endif
