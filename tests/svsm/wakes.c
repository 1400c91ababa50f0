// SPDX-License-Identifier: MIT
// Counts the CPUs that are woken.
#include "tests/svsm/suite.h"

enum error __real_platform_wake_cpu(const struct cpu *cpu);
enum error __wrap_platform_wake_cpu(const struct cpu *cpu);

static atomic_uint wakes;
static atomic_bool failing;

uint32_t wakes_count(void)
{
	return atomic_load(&wakes);
}

void wakes_fail(bool fail)
{
	atomic_store(&failing, fail);
}

enum error __wrap_platform_wake_cpu(const struct cpu *cpu)
{
	atomic_fetch_add(&wakes, 1);
	if (atomic_load(&failing))
		return ERR_HOST;
	return __real_platform_wake_cpu(cpu);
}
