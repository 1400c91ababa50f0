// SPDX-License-Identifier: MIT
// Each plane has registers of its own: what one leaves in them, no other sees. Source: APM volume
// 2, table B-4.
#include "tests/conformance/plane.h"

#define REGISTERS 20

static const uint32_t msrs[] = {MSR_KERNEL_GS_BASE, MSR_FS_BASE, MSR_STAR, MSR_LSTAR, MSR_CSTAR,
	MSR_SFMASK, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP, MSR_TSC_AUX};
static const char *const names[REGISTERS] = {"KERNEL_GS_BASE", "FS_BASE", "STAR", "LSTAR", "CSTAR",
	"SFMASK", "SYSENTER_ESP", "SYSENTER_EIP", "TSC_AUX", "CR2", "XMM0", "XMM15", "MXCSR",
	"x87 control word", "PAT"};
static uint64_t found[VMPL_COUNT][REGISTERS];

static unsigned own_vmpl(void)
{
	uint32_t index = this_cpu()->index;

	return index ? index - PLANE_CPU(0) : 0;
}

// A value for a register that differs between planes, and that the register can hold
static uint64_t value_of(unsigned vmpl, unsigned number)
{
	return 0x10000 * (number + 1) + 0x100 * (vmpl + 1);
}

static uint32_t mxcsr_of(unsigned vmpl)
{
	return 0x1f80 | vmpl << 13; // rounding control
}

static uint16_t x87_of(unsigned vmpl)
{
	return (uint16_t)(0x37f ^ vmpl << 10);
}

static uint64_t pat_of(unsigned vmpl)
{
	return 0x0007040600070406 + (uint64_t)(vmpl & 1) * 0x0100000000000000;
}

static void sse_on(void)
{
	uint64_t cr4;

	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" ::"r"(cr4 | CR4_OSFXSR | CR4_OSXMMEXCPT));
}

static void job_set(void)
{
	unsigned vmpl = own_vmpl(), n = 0;
	uint32_t mxcsr = mxcsr_of(vmpl);
	uint16_t x87 = x87_of(vmpl);

	sse_on();
	for (; n < ARRAY_SIZE(msrs); n++)
		wrmsr(msrs[n], value_of(vmpl, n));
	__asm__ volatile("mov %0, %%cr2" ::"r"(value_of(vmpl, n++)));
	__asm__ volatile("movq %0, %%xmm0" ::"r"(value_of(vmpl, n++)));
	__asm__ volatile("movq %0, %%xmm15" ::"r"(value_of(vmpl, n++)));
	__asm__ volatile("ldmxcsr %0" ::"m"(mxcsr));
	__asm__ volatile("fldcw %0" ::"m"(x87));
	wrmsr(MSR_PAT, pat_of(vmpl));
}

static void job_get(void)
{
	uint64_t *value = found[own_vmpl()];
	unsigned n = 0;
	uint32_t mxcsr = 0;
	uint16_t x87 = 0;

	for (; n < ARRAY_SIZE(msrs); n++)
		value[n] = rdmsr(msrs[n]);
	__asm__ volatile("mov %%cr2, %0" : "=r"(value[n++]));
	__asm__ volatile("movq %%xmm0, %0" : "=r"(value[n++]));
	__asm__ volatile("movq %%xmm15, %0" : "=r"(value[n++]));
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	__asm__ volatile("fnstcw %0" : "=m"(x87));
	value[n++] = mxcsr;
	value[n++] = x87;
	value[n++] = rdmsr(MSR_PAT);
}

static void run(unsigned vmpl, void (*job)(void))
{
	if (vmpl == 0)
		job();
	else
		plane_run(vmpl, job);
}

static uint64_t wanted(unsigned vmpl, unsigned number)
{
	const unsigned special = ARRAY_SIZE(msrs) + 3;

	if (number < special)
		return value_of(vmpl, number);
	return number == special       ? mxcsr_of(vmpl)
	       : number == special + 1 ? x87_of(vmpl)
				       : pat_of(vmpl);
}

// VMPL0 finds them in the VMSA of a plane that left.
static void test_vmsa_fields(void)
{
	const struct vmsa *vmsa = private_ptr(PLANE_VMSA_GPA(1));

	expect(vmsa->kernel_gs_base, value_of(1, 0), "KERNEL_GS_BASE in the VMSA");
	expect(vmsa->fs.base, value_of(1, 1), "FS base in the VMSA");
	expect(vmsa->lstar, value_of(1, 3), "LSTAR in the VMSA");
	expect(vmsa->sysenter_eip, value_of(1, 7), "SYSENTER_EIP in the VMSA");
	expect(vmsa->tsc_aux, value_of(1, 8), "TSC_AUX in the VMSA");
	expect(vmsa->cr2, value_of(1, 9), "CR2 in the VMSA");
	expect(*(const uint64_t *)vmsa->fpreg_xmm, value_of(1, 10), "XMM0 in the VMSA");
	expect(vmsa->mxcsr, mxcsr_of(1), "MXCSR in the VMSA");
	expect(vmsa->g_pat, pat_of(1), "PAT in the VMSA");
}

void test_state(void)
{
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++)
		run(vmpl, job_set);
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++)
		run(vmpl, job_get);
	for (unsigned n = 0; n < ARRAY_SIZE(msrs) + 6; n++)
		for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++)
			expect(found[vmpl][n], wanted(vmpl, n), "%s of VMPL%u", names[n], vmpl);
	test_vmsa_fields();
}
