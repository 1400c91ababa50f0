// SPDX-License-Identifier: MIT
// State that the VMSA holds and AMD-V's VMRUN does not switch: x87, SSE and AVX registers, XCR0,
// DR0-3, PAT, TSC_AUX. It stays in the CPU while the same plane runs again and again, and goes to
// the VMSA when another plane of this CPU is entered, so before VMPL0 can look at it. Source: APM
// volume 2, table B-4 and section 11.5 (XSAVE area).
#include "hw/x86.h"
#include "lib/string.h"
#include "machine/cpu/processor.h"

#define XSAVE_HEADER 512
#define XSAVE_YMM    576
#define XCR0_X87     1ull
#define XCR0_AVX     4ull
#define XCR0_PKRU    (1ull << 9)
#define FCW_INITIAL  0x37f
#define FTW_EMPTY    0xffff

static struct plane *owner[CPUS_MAX];
static uint64_t x87_loads[CPUS_MAX];
static uint64_t xcr0_all;
static uint32_t xsave_size, pkru_offset;

struct legacy_area { // XSAVE bytes 0..511
	uint16_t fcw, fsw;
	uint8_t ftw, reserved_5;
	uint16_t fop;
	uint64_t rip, rdp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t st[8][16];
	uint8_t xmm[16][16];
	uint8_t reserved_416[96];
};
ASSERT_SIZE(struct legacy_area, 512);

static uint64_t xcr0_read(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

static void xcr0_write(uint64_t value)
{
	__asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

void fpu_init(void)
{
	struct cpuid_regs all = cpuid(0xd, 0);

	xcr0_all = (uint64_t)all.edx << 32 | all.eax;
	xsave_size = all.ecx;
	if (xcr0_all & XCR0_PKRU)
		pkru_offset = cpuid(0xd, 9).ebx;
}

static uint16_t tags_full(uint8_t abridged)
{
	uint16_t full = 0;

	for (unsigned i = 0; i < 8; i++)
		if (!(abridged & 1u << i))
			full |= (uint16_t)(3u << 2 * i);
	return full;
}

static uint8_t tags_abridged(uint16_t full)
{
	uint8_t abridged = 0;

	for (unsigned i = 0; i < 8; i++)
		if ((full >> 2 * i & 3) != 3)
			abridged |= (uint8_t)(1u << i);
	return abridged;
}

static void area_to_vmsa(const uint8_t *area, struct vmsa *vmsa)
{
	const struct legacy_area *legacy = (const void *)area;

	vmsa->x87_fcw = legacy->fcw;
	vmsa->x87_fsw = legacy->fsw;
	vmsa->x87_ftw = tags_full(legacy->ftw);
	vmsa->x87_fop = legacy->fop;
	vmsa->x87_rip = legacy->rip;
	vmsa->x87_dp = legacy->rdp;
	vmsa->mxcsr = legacy->mxcsr;
	for (unsigned i = 0; i < 8; i++)
		memcpy(vmsa->fpreg_x87 + 10ul * i, legacy->st[i], 10);
	memcpy(vmsa->fpreg_xmm, legacy->xmm, sizeof(legacy->xmm));
	if (xcr0_all & XCR0_AVX)
		memcpy(vmsa->fpreg_ymm, area + XSAVE_YMM, 256);
	if (pkru_offset)
		memcpy(&vmsa->pkru, area + pkru_offset, 4);
}

/*
 * The registers as FNINIT leaves them: XRSTOR then sets them so by itself and takes no x87 state
 * from memory. Where it does, on any CPU, QEMU changes a word of flags of CPU 0 without a lock, and
 * CPU 0 loses what it has set there in the same moment: that it uses nested page tables, or no
 * more. See docs/caveats.md, "QEMU".
 */
static bool x87_is_initial(const struct vmsa *vmsa)
{
	static const uint8_t zeros[sizeof(vmsa->fpreg_x87)];

	return vmsa->x87_fcw == FCW_INITIAL && vmsa->x87_fsw == 0 && vmsa->x87_ftw == FTW_EMPTY &&
	       vmsa->x87_fop == 0 && vmsa->x87_rip == 0 && vmsa->x87_dp == 0 &&
	       memcmp(vmsa->fpreg_x87, zeros, sizeof(zeros)) == 0;
}

static void vmsa_to_area(const struct vmsa *vmsa, uint8_t *area)
{
	struct legacy_area *legacy = (void *)area;
	uint64_t *header = (void *)(area + XSAVE_HEADER);

	legacy->fcw = vmsa->x87_fcw;
	legacy->fsw = vmsa->x87_fsw;
	legacy->ftw = tags_abridged(vmsa->x87_ftw);
	legacy->fop = vmsa->x87_fop;
	legacy->rip = vmsa->x87_rip;
	legacy->rdp = vmsa->x87_dp;
	legacy->mxcsr = vmsa->mxcsr & 0xffff;
	for (unsigned i = 0; i < 8; i++)
		memcpy(legacy->st[i], vmsa->fpreg_x87 + 10ul * i, 10);
	memcpy(legacy->xmm, vmsa->fpreg_xmm, sizeof(legacy->xmm));
	if (xcr0_all & XCR0_AVX)
		memcpy(area + XSAVE_YMM, vmsa->fpreg_ymm, 256);
	if (pkru_offset)
		memcpy(area + pkru_offset, &vmsa->pkru, 4);
	memset(header, 0, 64);
	header[0] = x87_is_initial(vmsa) ? xcr0_all & ~XCR0_X87 : xcr0_all;
}

#define DR_READ(n, to)	  __asm__ volatile("movq %%dr" #n ", %0" : "=r"(to))
#define DR_WRITE(n, from) __asm__ volatile("movq %0, %%dr" #n ::"r"(from))

static void state_save(struct plane *plane)
{
	struct vmsa *vmsa = vmsa_of(plane);
	uint64_t value;

	vmsa->xcr0 = xcr0_read();
	xcr0_write(xcr0_all);
	__asm__ volatile("xsave64 (%0)" ::"r"(plane->core.xsave), "a"((uint32_t)xcr0_all),
			 "d"((uint32_t)(xcr0_all >> 32))
			 : "memory");
	area_to_vmsa(plane->core.xsave, vmsa);
	DR_READ(0, value);
	vmsa->dr0 = value;
	DR_READ(1, value);
	vmsa->dr1 = value;
	DR_READ(2, value);
	vmsa->dr2 = value;
	DR_READ(3, value);
	vmsa->dr3 = value;
	vmsa->g_pat = rdmsr(MSR_PAT);
	vmsa->tsc_aux = (uint32_t)rdmsr(MSR_TSC_AUX);
}

static void state_load(struct plane *plane)
{
	struct vmsa *vmsa = vmsa_of(plane);

	xcr0_write(xcr0_all);
	vmsa_to_area(vmsa, plane->core.xsave);
	if (!x87_is_initial(vmsa))
		x87_loads[plane->cpu->index]++;
	__asm__ volatile("xrstor64 (%0)" ::"r"(plane->core.xsave), "a"((uint32_t)xcr0_all),
			 "d"((uint32_t)(xcr0_all >> 32))
			 : "memory");
	xcr0_write((vmsa->xcr0 & xcr0_all) | XCR0_X87);
	DR_WRITE(0, vmsa->dr0);
	DR_WRITE(1, vmsa->dr1);
	DR_WRITE(2, vmsa->dr2);
	DR_WRITE(3, vmsa->dr3);
	wrmsr(MSR_PAT, vmsa->g_pat);
	wrmsr(MSR_TSC_AUX, vmsa->tsc_aux);
}

void fpu_loads_log(void)
{
	for (uint32_t cpu = 0; cpu < cpu_count; cpu++)
		log_debug("cpu%u: x87 registers loaded %lu times", cpu, x87_loads[cpu]);
}

void fpu_forget(struct plane *plane)
{
	if (owner[plane->cpu->index] == plane)
		owner[plane->cpu->index] = NULL;
}

void fpu_own(struct plane *plane)
{
	struct plane **slot = &owner[plane->cpu->index];

	if (*slot == plane)
		return;
	if (!plane->core.xsave)
		plane->core.xsave = pool_alloc(xsave_size);
	if (!plane->core.xsave)
		machine_bug("no memory for a plane's XSAVE area");
	spin_lock(&rmp_lock);
	if (*slot && vmsa_kept_locked(*slot))
		state_save(*slot);
	spin_unlock(&rmp_lock);
	state_load(plane);
	*slot = plane;
}
