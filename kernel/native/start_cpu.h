// SPDX-License-Identifier: MIT
// Starting another CPU by INIT and start-up IPIs, and the page that it starts in.
#ifndef KERNEL_NATIVE_START_CPU_H
#define KERNEL_NATIVE_START_CPU_H

// A CPU starts at a page below 1 MiB. This one is ordinary memory (the loader checks that), and
// the loader maps it 1:1, for execution, in the tables that it makes.
#define TRAMPOLINE_GPA 0x8000

#ifndef __ASSEMBLER__

#include "kernel/error.h"
#include "lib/addr.h"

struct cpu;

MUST_USE enum error native_start_cpu(const struct cpu *cpu, gpa_t root);

// From trampoline.S, on the CPU's own tables and stack.
_Noreturn void native_cpu_entered(void);

#endif
#endif
