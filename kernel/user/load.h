// SPDX-License-Identifier: MIT
// Turns an ELF file into an address space and first registers.
#ifndef KERNEL_USER_LOAD_H
#define KERNEL_USER_LOAD_H

#include "kernel/user/process.h"

// ERR_FORMAT: not a static, non-relocatable x86-64 program with whole pages of one access each.
MUST_USE enum error load_program(struct process *process, struct bytes program);

#endif
