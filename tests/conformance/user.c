// SPDX-License-Identifier: MIT
// Exceptions of CPL 3 in 64-bit mode: #VC changes to the stack of the task-state segment, and
// instructions that only CPL 0 may use raise #GP, not #VC. Source: APM volume 2, sections 8.9.3 and
// 15.35.5; volume 3, instruction pages.
#include "tests/conformance/conformance.h"

#define DEVICE_LARGE_PAGE (0xfed00000 / LARGE_PAGE_SIZE)
#define TSS_LIMIT	  0x67
#define TSS_TYPE	  0x89ull
#define TSS_RSP0	  4
#define TSS_IO_MAP	  0x66

extern const uint8_t user_cpuid[], user_vmmcall[], user_rdmsr[], user_in[], user_wbinvd[],
	user_hlt[], user_pvalidate[], user_rmpadjust[], user_rmpquery[], user_invlpgb[],
	user_rdtsc[], user_mmio[];
extern uint64_t pd_private[], pd_shared[];

static uint8_t tss[TSS_LIMIT + 1] __attribute__((aligned(16)));
static uint8_t kernel_stack[0x2000] __attribute__((aligned(16)));
static uint8_t user_stack[256] __attribute__((aligned(16)));

static void tss_load(void)
{
	uint64_t base = (uint64_t)tss, *descriptor = &bare_gdt[BARE_SEL_TSS / 8];

	*(uint64_t *)(tss + TSS_RSP0) = (uint64_t)kernel_stack + sizeof(kernel_stack);
	*(uint16_t *)(tss + TSS_IO_MAP) = sizeof(tss); // no port is allowed
	descriptor[0] =
		TSS_LIMIT | (base & 0xffffff) << 16 | TSS_TYPE << 40 | (base >> 24 & 0xff) << 56;
	descriptor[1] = base >> 32;
	__asm__ volatile("ltr %w0" ::"r"(BARE_SEL_TSS));
}

// The image at VA == GPA for CPL 3, and one device in its shared mapping.
static void pages_for_user(void)
{
	uint64_t *tables[] = {&bare_pml4[0], private_ptr(bare_pml4[0] & PTE_ADDR_MASK & ~bare_cbit),
		(uint64_t *)private_ptr(bare_pml4[0] & PTE_ADDR_MASK & ~bare_cbit) + 3};
	uint64_t cr3;

	for (unsigned i = 0; i < ARRAY_SIZE(tables); i++)
		*tables[i] |= PTE_U;
	pd_private[BARE_IMAGE_GPA / LARGE_PAGE_SIZE] |= PTE_U;
	pd_private[DEVICE_LARGE_PAGE] = (pd_private[DEVICE_LARGE_PAGE] & ~bare_cbit) | PTE_U;
	__asm__ volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(cr3)::"memory");
}

static uint64_t run(const uint8_t *code)
{
	struct bare_cpu *cpu = this_cpu();
	struct trap trap;

	trap_clear();
	trap_user_run(
		image_gpa(code), image_gpa(user_stack) + sizeof(user_stack), &cpu->user_return);
	trap = trap_taken();
	if (trap.vector != VEC_UD && trap.rip != image_gpa(code))
		report_note("exception %u at RIP 0x%lx, not 0x%lx", trap.vector, trap.rip,
			image_gpa(code));
	return RAISED((uint64_t)trap.vector, trap.error);
}

void test_user(void)
{
	const struct {
		const char *name;
		const uint8_t *code;
		uint64_t want;
	} rows[] = {
		{"CPUID: #VC", user_cpuid, RAISED(VEC_VC, VMEXIT_CPUID)},
		{"VMMCALL: #VC", user_vmmcall, RAISED(VEC_VC, VMEXIT_VMMCALL)},
		{"MMIO: #VC", user_mmio, RAISED(VEC_VC, VMEXIT_NPF)},
		{"RDMSR: #GP", user_rdmsr, RAISED(VEC_GP, 0)},
		{"IN: #GP", user_in, RAISED(VEC_GP, 0)},
		{"WBINVD: #GP", user_wbinvd, RAISED(VEC_GP, 0)},
		{"HLT: #GP", user_hlt, RAISED(VEC_GP, 0)},
		{"PVALIDATE: #GP", user_pvalidate, RAISED(VEC_GP, 0)},
		{"RMPADJUST: #GP", user_rmpadjust, RAISED(VEC_GP, 0)},
		{"RMPQUERY: #GP", user_rmpquery, RAISED(VEC_GP, 0)},
		{"INVLPGB: #GP", user_invlpgb, RAISED(VEC_GP, 0)},
		{"RDTSC: nothing", user_rdtsc, RAISED(VEC_UD, 0)},
	};

	tss_load();
	pages_for_user();
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		expect(run(rows[i].code), rows[i].want, "%s", rows[i].name);
	run(user_cpuid);
	expect(trap_taken().rip, image_gpa(user_cpuid), "#VC frame: RIP on the instruction");
	expect(trap_taken().rsp, image_gpa(user_stack) + sizeof(user_stack),
		"#VC frame: the user's RSP");
}
