// SPDX-License-Identifier: MIT
// Makes page allocations fail, and counts them.
#include "kernel/page.h"
#include "tests/svsm/suite.h"

void *__real_page_alloc_order(unsigned int order);
void *__wrap_page_alloc_order(unsigned int order);

static bool failing_all;
static uint32_t allocations, failing; // of the boot CPU, which alone runs tests of this kind

void alloc_fail(uint32_t nth)
{
	allocations = 0;
	failing = nth;
}

void alloc_fail_all(bool fail)
{
	failing_all = fail;
}

uint32_t alloc_count(void)
{
	return allocations;
}

void *__wrap_page_alloc_order(unsigned int order)
{
	struct cpu *cpu = this_cpu()->cpu;

	if (cpu == NULL || cpu->index != 0)
		return __real_page_alloc_order(order);
	if (++allocations == failing || failing_all)
		return NULL;
	return __real_page_alloc_order(order);
}

uint32_t alloc_fail_each(enum error (*run)(void *), void *argument)
{
	for (uint32_t n = 1;; n++) {
		alloc_fail(n);
		enum error err = run(argument);
		uint32_t needed = alloc_count();

		alloc_fail(0);
		if (needed < n) {
			EXPECT_EQ(err, OK);
			return needed;
		}
		if (!EXPECT_EQ(err, ERR_NO_MEMORY))
			suite_note("with allocation %u failing", n);
	}
}
