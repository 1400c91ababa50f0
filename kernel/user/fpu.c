// SPDX-License-Identifier: MIT
#include "kernel/user/fpu.h"

#include "kernel/cpu.h"
#include "kernel/cpuid.h"
#include "kernel/section.h"
#include "lib/string.h"

// Save areas: APM 2 section 11.5
#define XCR0_X87	 BIT(0)
#define XCR0_SSE	 BIT(1)
#define XCR0_AVX	 BIT(2)
#define FCW_START	 0x37f
#define MXCSR_START	 0x1f80
#define MXCSR_OFFSET	 24
#define XSAVE_BV_OFFSET	 512
#define CPUID_LEAF_XSAVE 0xd

// What programs get; 0: the processor has no XSAVE, FXSAVE is used.
static uint64_t xsave_mask RO_AFTER_INIT;
static bool known RO_AFTER_INIT;

static uint64_t choose_mask(void)
{
	const struct snp_cpuid_entry *features = cpuid_find(CPUID_LEAF_FEATURES, 0);
	uint64_t mask = XCR0_X87 | XCR0_SSE;

	if (features == NULL || (features->ecx & CPUID_1_ECX_XSAVE) == 0)
		return 0;
	return (features->ecx & CPUID_1_ECX_AVX) != 0 ? mask | XCR0_AVX : mask;
}

void fpu_init_cpu(void)
{
	uint64_t cr4 = cpu_read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT;

	if (!known) {
		xsave_mask = choose_mask();
		known = true;
	}
	cpu_write_cr0((cpu_read_cr0() | CR0_MP) & ~(uint64_t)(CR0_EM | CR0_TS));
	cpu_write_cr4(xsave_mask != 0 ? cr4 | CR4_OSXSAVE : cr4);
	__asm__ volatile("fninit"); // RESET leaves every x87 exception unmasked
	if (xsave_mask != 0)
		__asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)xsave_mask), "d"(0));
}

void fpu_state_init(void *state)
{
	uint16_t fcw = FCW_START;
	uint32_t mxcsr = MXCSR_START;
	uint64_t valid = XCR0_X87 | XCR0_SSE;

	memset(state, 0, FPU_STATE_MAX);
	memcpy(state, &fcw, sizeof(fcw));
	memcpy((uint8_t *)state + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
	if (xsave_mask != 0)
		memcpy((uint8_t *)state + XSAVE_BV_OFFSET, &valid, sizeof(valid));
}

void fpu_save(void *state)
{
	if (xsave_mask != 0)
		__asm__ volatile("xsave64 (%0)" ::"r"(state), "a"((uint32_t)xsave_mask), "d"(0)
				 : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" ::"r"(state) : "memory");
}

void fpu_load(const void *state)
{
	if (xsave_mask != 0)
		__asm__ volatile("xrstor64 (%0)" ::"r"(state), "a"((uint32_t)xsave_mask), "d"(0)
				 : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" ::"r"(state) : "memory");
}
