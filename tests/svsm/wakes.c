// SPDX-License-Identifier: MIT
// Counts the CPUs that are woken.
#include "tests/svsm/suite.h"

enum error __real_platform_wake_cpu(const struct cpu *cpu);
enum error __wrap_platform_wake_cpu(const struct cpu *cpu);

static atomic_uint wakes;

uint32_t wakes_count(void)
{
	return atomic_load(&wakes);
}

enum error __wrap_platform_wake_cpu(const struct cpu *cpu)
{
	atomic_fetch_add(&wakes, 1);
	return __real_platform_wake_cpu(cpu);
}
