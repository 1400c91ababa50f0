// SPDX-License-Identifier: MIT
// Exceptions in the kernel: each ends in a report with its vector, save where the exception table
// says where to go on.
#include "hw/x86.h"
#include "kernel/trap.h"
#include "tests/svsm/suite.h"

#define NOT_CANONICAL 0x0000800000000000ull
#define PF_PRESENT    BIT(0)
#define PF_WRITE      BIT(1)
#define PF_FETCH      BIT(4)

static void raise_ud(void *argument)
{
	(void)argument;
	__asm__ volatile("ud2");
}

static void raise_bp(void *argument)
{
	(void)argument;
	__asm__ volatile("int3");
}

static void raise_de(void *argument)
{
	(void)argument;
	__asm__ volatile("xorl %%eax, %%eax; xorl %%edx, %%edx; divl %%eax" ::: "eax", "edx", "cc");
}

// Trap flag: #DB after the next instruction
static void raise_db(void *argument)
{
	(void)argument;
	__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop" ::: "memory", "cc");
}

// Behind the end of the GDT
static void raise_gp_selector(void *argument)
{
	(void)argument;
	__asm__ volatile("movl $0x48, %%eax; movl %%eax, %%ds" ::: "eax");
}

static void read_word(void *address)
{
	__asm__ volatile("movq (%0), %%rax" ::"r"(address) : "rax", "memory");
}

static void write_word(void *address)
{
	__asm__ volatile("movq $0, (%0)" ::"r"(address) : "memory");
}

static void call_address(void *address)
{
	((void (*)(void))address)();
}

static void expect_trap(
	void (*run)(void *), void *argument, uint64_t vector, uint64_t error, const char *name)
{
	struct caught caught;

	if (!EXPECT_EQ(catch_end(&caught, run, argument), CAUGHT_TRAP) ||
		!EXPECT_EQ(caught.vector, vector) || !EXPECT_EQ(caught.error, error) ||
		!EXPECT_EQ(caught.reason, TERMINATE_PANIC))
		suite_note("of %s", name);
}

static void test_instructions(void)
{
	expect_trap(raise_de, NULL, VEC_DE, 0, "DIV");
	expect_trap(raise_db, NULL, VEC_DB, 0, "single step");
	expect_trap(raise_bp, NULL, VEC_BP, 0, "INT3");
	expect_trap(raise_ud, NULL, VEC_UD, 0, "UD2");
	expect_trap(raise_gp_selector, NULL, VEC_GP, 0x48, "a selector that is not there");
}

// Each gate by INT n, save those that push an error code, and #HV, which is no exception.
#define SOFT_VECTORS(X)                                                                            \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(9) X(15) X(16) X(18) X(19) X(20) X(22) X(27) X(31)

#define X(n)                                                                                       \
	static void raise_##n(void *argument)                                                      \
	{                                                                                          \
		(void)argument;                                                                    \
		__asm__ volatile("int $" #n);                                                      \
	}
SOFT_VECTORS(X)
#undef X

static void test_every_gate(void)
{
	static const struct {
		uint64_t vector;
		void (*run)(void *);
	} gates[] = {
#define X(n) {n, raise_##n},
		SOFT_VECTORS(X)
#undef X
	};
	struct caught caught;

	for (size_t i = 0; i < ARRAY_SIZE(gates); i++) {
		EXPECT_EQ(catch_end(&caught, gates[i].run, NULL), CAUGHT_TRAP);
		EXPECT_EQ(caught.vector, gates[i].vector);
		EXPECT_EQ(caught.reason,
			gates[i].vector == VEC_MC ? TERMINATE_MACHINE_CHECK : TERMINATE_PANIC);
	}
}

static uint8_t in_data[8];
static const uint8_t in_rodata[8] = {1};

static void test_addresses(void)
{
	void *guard = (void *)PERCPU_PAGE(STACK_MAIN_PAGE - 1);

	expect_trap(read_word, (void *)NOT_CANONICAL, VEC_GP, 0, "a read that is not canonical");
	expect_trap(read_word, NULL, VEC_PF, 0, "a read of 0");
	expect_trap(write_word, guard, VEC_PF, PF_WRITE, "a write to a guard page");
	expect_trap(write_word, (void *)in_rodata, VEC_PF, PF_PRESENT | PF_WRITE,
		"a write to constants");
	expect_trap(write_word, (void *)(uint64_t)test_addresses, VEC_PF, PF_PRESENT | PF_WRITE,
		"a write to code");
	expect_trap(call_address, in_data, VEC_PF, PF_PRESENT | PF_FETCH, "execution of data");
}

static void test_names(void)
{
	EXPECT(trap_name(VEC_PF)[1] == 'P' && trap_name(VEC_GP)[1] == 'G');
	EXPECT(trap_name(9)[0] == 'e' && trap_name(TRAP_COUNT)[0] == 'e');
	EXPECT_EQ(trap_find_fixup((uint64_t)test_names), 0);
}

static const struct test test_exceptions_tests[] = {
	TEST("instructions", test_instructions),
	TEST("every-gate", test_every_gate),
	TEST("addresses", test_addresses),
	TEST("names", test_names),
};
TEST_GROUP(test_exceptions, "exceptions");
