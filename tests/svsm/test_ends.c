// SPDX-License-Identifier: MIT
// Ends of the VM, on their real way: each in a boot of its own.
#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "tests/svsm/suite.h"

static void end_assert(void)
{
	KERNEL_ASSERT(this_cpu() == NULL);
}

static void end_trap(void)
{
	__asm__ volatile("ud2");
}

static volatile uint64_t depth_max = UINT64_MAX;

// Not a tail call, and the frame is used.
static __attribute__((noinline)) uint64_t recurse(uint64_t depth)
{
	volatile uint64_t frame[8] = {depth};

	if (depth == depth_max)
		return 0;
	return recurse(depth + 1) + frame[depth % 8];
}

static void end_stack_overflow(void)
{
	if (recurse(1) == 0)
		suite_note("not reached");
}

static void overwrite(volatile uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = 0xaa;
}

static __attribute__((noinline)) void end_stack_protector(void)
{
	volatile uint8_t buffer[16];
	volatile size_t size = 40; // the guard is behind the buffer

	overwrite(buffer, size);
}

static void end_terminate(void)
{
	terminate(TERMINATE_MEMORY_MAP);
}

static const struct test test_ends_tests[] = {
	TEST("assert", end_assert, .ends = true, .reason = TERMINATE_PANIC,
		.says = {"not true: this_cpu() == NULL"}),
	TEST("trap", end_trap, .ends = true, .reason = TERMINATE_PANIC, .says = {"#UD (vector 6)"}),
	TEST("stack-overflow", end_stack_overflow, .ends = true, .reason = TERMINATE_PANIC,
		// The first guard page below the stack, and a back trace over it
		.says = {"#DF (vector 8)", "cr2 ffffff0000002", " recurse+0x"}),
	TEST("stack-protector", end_stack_protector, .ends = true, .reason = TERMINATE_PANIC),
	TEST("terminate", end_terminate, .ends = true, .reason = TERMINATE_MEMORY_MAP),
};
TEST_GROUP(test_ends, "ends");
