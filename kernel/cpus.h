// SPDX-License-Identifier: MIT
// The CPUs that the host announced.
#ifndef KERNEL_CPUS_H
#define KERNEL_CPUS_H

#include "kernel/percpu.h"

// Reads the MADT and the vCPU count of the IGVM parameters. The first CPU is the running one.
void cpus_init(void);

uint32_t cpus_count(void);
struct cpu *cpus_get(uint32_t index);

// NULL: no such CPU, or it has not started.
struct cpu *cpus_find_online(uint32_t apic_id);

// Windows and VMSAs of all CPUs but this one; then the kernel's tables are as they stay.
void cpus_prepare(void);

// Starts all CPUs but this one, and waits for them.
void cpus_start(void);

// Where a started CPU enters C (platform_start_cpu).
_Noreturn void cpu_main(void);

#endif
