// SPDX-License-Identifier: MIT
// Switches between VMPLs, and what less privileged levels may do. Source: APM volume 2, section
// 15.36.7 and 15.36.12; document 56421, section 4.1.13.
#include "tests/conformance/plane.h"

#define PAGE_ALL  REGION(15)		// VMPL1 may do everything with it
#define PAGE_READ (REGION(15) + 0x1000) // VMPL1 may read it
#define MARK	  0x1122334455667788ull
#define RWX	  RMP_PERM_RWX

// What a job at another level found
static uint64_t found[16];

static void job_count(void)
{
	found[0]++;
	found[1] = rdmsr(MSR_SEV_STATUS);
}

static uint64_t adjust_value(uint64_t va, uint64_t rdx)
{
	return rmp_value(rmpadjust(va, 0, rdx)) & ~(uint64_t)CARRY;
}

static void job_rmp(void)
{
	found[0] = rmp_value(pvalidate(PAGE_ALL, 0, 1));
	found[1] = adjust_value(PAGE_ALL, RMPADJUST_RDX(1, 0));
	found[2] = adjust_value(PAGE_ALL, RMPADJUST_RDX(0, 0));
	found[3] = adjust_value(PAGE_ALL, RMPADJUST_RDX(2, RWX));
	found[4] = adjust_value(PAGE_READ, RMPADJUST_RDX(2, RMP_PERM_R));
	found[5] = adjust_value(PAGE_READ, RMPADJUST_RDX(2, RMP_PERM_R | RMP_PERM_W));
	found[6] = adjust_value(PAGE_ALL, RMPADJUST_RDX(2, 0) | RMPADJUST_VMSA);
	found[7] = rmp_value(rmpquery(PAGE_ALL, 0)) & ~(uint64_t)CARRY;
	found[8] = rmp_value(rmpquery(PAGE_ALL, 1)) & ~(uint64_t)CARRY;
	found[9] = try_read(private_ptr(PAGE_ALL));
}

static void job_registers(void)
{
	__asm__ volatile("movq %0, %%rbx\n"
			 "movl %1, %%ecx\n"
			 "movl $0x16, %%eax\n"
			 "xorl %%edx, %%edx\n"
			 "wrmsr\n"
			 "rep; vmmcall" ::"r"(MARK),
			 "i"(MSR_GHCB)
			 : "rax", "rbx", "rcx", "rdx", "memory");
}

static uint64_t raised(void)
{
	struct trap trap = trap_taken();

	return trap.vector == TRAP_NONE ? TRAP_NONE : RAISED((uint64_t)trap.vector, trap.error);
}

static void job_debug_registers(void)
{
	uint64_t value = 0x400;

	trap_clear();
	__asm__ volatile(TRY("mov %%dr7, %0") : "+r"(value));
	found[0] = raised();
	trap_clear();
	__asm__ volatile(TRY("mov %0, %%dr7")::"r"(value));
	found[1] = raised();
	trap_clear();
	__asm__ volatile(TRY("mov %%dr6, %0") : "+r"(value));
	found[2] = raised();
}

static void job_create(void)
{
	found[0] = ghcb_ap_creation(0, 0, AP_CREATE, PLANE_VMSA_GPA(1), FEATURES_VMPL0).info_1;
	found[1] = ghcb_exit(ghcb_begin(), GHCB_EXIT_HV_DOORBELL, HV_DOORBELL_SET, BARE_FREE_GPA)
			   .info_1;
}

static void test_switch(void)
{
	found[0] = 0;
	for (unsigned vmpl = 1; vmpl < VMPL_COUNT; vmpl++) {
		plane_create(vmpl);
		expect_true(plane_run(vmpl, job_count), "switch to VMPL%u and back", vmpl);
		expect(found[0], vmpl * 2 - 1, "it ran");
		expect(found[1], SEV_STATUS_SEV | SEV_STATUS_SEV_ES | SEV_STATUS_SNP,
			"SEV_STATUS at VMPL%u", vmpl);
		expect_true(plane_run(vmpl, job_count), "VMPL%u goes on where it was", vmpl);
	}
}

static void test_rmp(void)
{
	need_valid(PAGE_ALL);
	need_valid(PAGE_READ);
	rmpadjust(PAGE_ALL, 0, RMPADJUST_RDX(1, RWX));
	rmpadjust(PAGE_READ, 0, RMPADJUST_RDX(1, RMP_PERM_R));
	*(volatile uint64_t *)private_ptr(PAGE_ALL) = MARK;
	plane_run(1, job_rmp);
	expect(found[0], RAISED(VEC_GP, 0), "PVALIDATE at VMPL1: #GP");
	expect(found[1], RMP_FAIL_PERMISSION, "RMPADJUST of its own VMPL");
	expect(found[2], RMP_FAIL_PERMISSION, "RMPADJUST of VMPL0");
	expect(found[3], RMP_SUCCESS, "RMPADJUST of VMPL2 within its own permissions");
	expect(found[4], RMP_SUCCESS, "RMPADJUST of VMPL2, read, where it may read");
	expect(found[5], RMP_FAIL_PERMISSION, "RMPADJUST beyond its own permissions");
	expect(found[6], RMP_FAIL_PERMISSION, "VMSA page made at VMPL1");
	expect(found[7], RMP_FAIL_PERMISSION, "RMPQUERY of VMPL0");
	expect(found[8], RMP_SUCCESS, "RMPQUERY of its own VMPL");
	expect(found[9], MARK, "same memory at both levels");
	expect(rmpquery(PAGE_ALL, 2).rdx, RMPADJUST_RDX(2, RWX), "VMPL0 sees what VMPL1 granted");
}

static void test_registers(void)
{
	const struct vmsa *vmsa = private_ptr(PLANE_VMSA_GPA(1));

	plane_run(1, job_registers);
	expect(vmsa->rbx, MARK, "registers of a VMPL that left are in its VMSA");
	expect(vmsa->guest_exit_code, VMEXIT_VMGEXIT, "exit code in the VMSA");
	expect(vmsa->efer & EFER_SVME, EFER_SVME, "EFER.SVME in the VMSA");
	expect(vmsa->vmpl, 1, "VMPL in the VMSA");
	plane_run(1, job_count);
}

// Another way to switch: the GHCB's exit
static void test_exit_switch(void)
{
	plane_run(1, job_count); // the job stays the same
	found[0] = 0;
	expect(ghcb_exit(ghcb_begin(), GHCB_EXIT_RUN_VMPL, 1, 0).info_1, 0,
		"switch by the exit of the GHCB page");
	expect(found[0], 1, "VMPL1 ran");
}

static void job_access(void)
{
	volatile uint8_t *page = private_ptr(PAGE_READ);

	found[0] = try_read(page);
	found[1] = raised();
	if (found[14] & RMP_PERM_W)
		try_write(page + 8, found[15]);
	if (found[14] & RMP_PERM_XS) {
		this_cpu()->try_call = PAGE_READ;
		trap_try_call(PAGE_READ);
		this_cpu()->try_call = 0;
	}
	found[2] = raised();
}

// What a level may do with a page, it can do. Where it may not, the VM ends: stops.c.
void test_permissions(void)
{
	static const unsigned perms[] = {RMP_PERM_R, RMP_PERM_R | RMP_PERM_W,
		RMP_PERM_R | RMP_PERM_XS | RMP_PERM_XU, RMP_PERM_RWX};
	volatile uint64_t *page = private_ptr(PAGE_READ);

	page[0] = 0xc3; // RET
	for (unsigned vmpl = 1; vmpl < VMPL_COUNT; vmpl++) {
		for (unsigned i = 0; i < ARRAY_SIZE(perms); i++) {
			page[1] = 0;
			found[14] = perms[i];
			found[15] = vmpl;
			rmpadjust(PAGE_READ, 0, RMPADJUST_RDX(vmpl, perms[i]));
			plane_run(vmpl, job_access);
			expect(found[0], 0xc3, "VMPL%u with 0x%x: read", vmpl, perms[i]);
			expect(found[2], TRAP_NONE, "VMPL%u with 0x%x: no exception", vmpl,
				perms[i]);
			expect(page[1], perms[i] & RMP_PERM_W ? vmpl : 0,
				"VMPL%u with 0x%x: what was written", vmpl, perms[i]);
		}
	}
}

void test_planes(void)
{
	test_switch();
	test_rmp();
	test_registers();
	test_exit_switch();
	plane_run(1, job_debug_registers);
	expect(found[0], RAISED(VEC_VC, VMEXIT_DR7_READ), "DR7 read without debug swap");
	expect(found[1], RAISED(VEC_VC, VMEXIT_DR7_WRITE), "DR7 write without debug swap");
	expect(found[2], TRAP_NONE, "DR6 read");
	plane_run(1, job_create);
	expect(found[0], GHCB_RESULT_MALFORMED, "VMPL1 creates a vCPU at VMPL0");
	expect(found[1], GHCB_RESULT_MALFORMED, "doorbell page without restricted injection");
}
