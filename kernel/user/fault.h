// SPDX-License-Identifier: MIT
// Exceptions of programs in ring 3.
#ifndef KERNEL_USER_FAULT_H
#define KERNEL_USER_FAULT_H

#include "kernel/user/process.h"

// Serves the exception in this CPU's user_frame. False: the process was ended by it.
MUST_USE bool fault_serve(struct process *process);

#endif
