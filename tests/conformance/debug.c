// SPDX-License-Identifier: MIT
// Debug registers with DebugSwap: the plane's own, breakpoints included, and no other's.
// Source: APM volume 2, sections 13.1.1 and 15.35.4.
#include "tests/conformance/plane.h"

#define VMPL	  3
#define VMSA_GPA  PLANE_VMSA_GPA(9) // the other groups have made theirs
#define DR7_FIXED 0x400
#define DR7_L0	  (1ul << 0)		  // DR0: execution
#define DR7_L1	  (1ul << 2 | 13ul << 20) // DR1: writes of four bytes

static uint64_t found[8];
static volatile uint32_t watched;

static void target(void)
{
	__asm__ volatile("nop");
}

static uint64_t dr7_read(void)
{
	uint64_t value = 0;

	__asm__ volatile("mov %%dr7, %0" : "=r"(value));
	return value;
}

static uint64_t dr7_write(uint64_t value)
{
	trap_clear();
	__asm__ volatile(TRY("mov %0, %%dr7")::"r"(value));
	return trap_taken().vector;
}

static void dr_set(const volatile void *code, const volatile void *data, uint64_t dr7)
{
	__asm__ volatile("mov %0, %%dr0; mov %1, %%dr1" ::"r"(code), "r"(data));
	__asm__ volatile("mov %0, %%dr7" ::"r"(dr7));
}

// Which exception the first instruction of target() raises.
static uint64_t try_target(void)
{
	trap_clear();
	this_cpu()->try_call = (uint64_t)target;
	trap_try_call((uint64_t)target);
	this_cpu()->try_call = 0;
	return trap_taken().vector;
}

// The #DB of data comes behind the instruction.
static uint64_t try_data(void)
{
	trap_clear();
	__asm__ volatile("movl $1, %0\n" TRY("nop") : "+m"(watched));
	return trap_taken().vector;
}

static void job_set(void)
{
	dr_set((const void *)target, &watched, DR7_L0 | DR7_L1);
}

static void job_meet(void)
{
	found[0] = dr7_read();
	found[1] = try_target();
	found[2] = try_data();
	found[3] = dr7_write(DR7_FIXED);
	found[4] = try_target();
	found[5] = try_data();
}

static void test_own(void)
{
	dr_set((const void *)target, &watched, DR7_L0);
	expect(try_target(), VEC_DB, "breakpoint");
	expect(try_data(), TRAP_NONE, "no watchpoint yet");
	dr_set((const void *)target, &watched, DR7_L1);
	expect(try_target(), TRAP_NONE, "breakpoint taken off by the same write that");
	expect(try_data(), VEC_DB, "sets a watchpoint");
	// of an address in use
	__asm__ volatile("mov %0, %%dr1" ::"r"(&found));
	expect(try_data(), TRAP_NONE, "watchpoint moved by a write of DR1");
	expect(dr7_write(0), TRAP_NONE, "DR7 write");
	expect(dr7_read(), DR7_FIXED, "DR7: bit 10 is fixed");
	expect(dr7_write(0xffffff00), TRAP_NONE, "all bits but enables");
	expect(dr7_read(), 0xffff2700, "DR7: reserved bits stay clear");
	expect(dr7_write(1ull << 32), VEC_GP, "DR7: bit 32");
	dr7_write(DR7_FIXED);
}

// The other level meets its breakpoints, and this one does not.
static void test_swap(void)
{
	plane_create_with(VMPL, VMSA_GPA, SEV_FEATURE_SNP_ACTIVE | SEV_FEATURE_DEBUG_SWAP);
	plane_run(VMPL, job_set);
	expect(dr7_read(), DR7_FIXED, "another level's DR7 is not here");
	expect(try_target(), TRAP_NONE, "its breakpoint neither");
	expect(try_data(), TRAP_NONE, "nor its watchpoint");
	plane_run(VMPL, job_meet);
	expect(found[0], DR7_FIXED | DR7_L0 | DR7_L1, "it has its DR7");
	expect(found[1], VEC_DB, "its breakpoint");
	expect(found[2], VEC_DB, "and its watchpoint");
	expect(found[3], TRAP_NONE, "takes them off");
	expect(found[4], TRAP_NONE, "no breakpoint");
	expect(found[5], TRAP_NONE, "no watchpoint");
}

void test_debug(void)
{
	test_own();
	test_swap();
}
