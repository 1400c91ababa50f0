// SPDX-License-Identifier: MIT
// #VC in 32-bit protected mode: delivery through a 32-bit gate, with paging off and with PAE
// paging. Source: APM volume 2, sections 8.7.3 and 15.35.5.
#include "lib/string.h"
#include "tests/conformance/plane.h"

#define VMSA_GPA       (REGION(16) + 8 * PAGE_SIZE)
#define VMPL	       3
#define ATTRIB_CODE32  0xc9b
#define ATTRIB_DATA    0xc93
#define GATE_INTERRUPT 0x8e00ull
#define DEVICE_GPA     0xfed00000u
#define PDPT_ENTRIES   4

extern const uint8_t plane32_start[], plane32_stack_top[], plane32_vc[], plane32_gp[], plane32_ud[];
extern uint32_t plane32_found[16], plane32_mmio;
extern uint64_t plane32_idt[32];
extern uint64_t pd_private[], pd_shared[];

static uint64_t pdpt[PDPT_ENTRIES] __attribute__((aligned(32)));

static void gate_set(unsigned vector, const uint8_t *handler)
{
	uint64_t entry = image_gpa(handler);

	plane32_idt[vector] = (entry & 0xffff) | BARE_SEL_CODE32 << 16 | GATE_INTERRUPT << 32 |
			      (entry >> 16 & 0xffff) << 48;
}

static void vmsa_make(struct vmsa *vmsa)
{
	const struct vmcb_seg data = {BARE_SEL_DATA, ATTRIB_DATA, 0xffffffff, 0};

	vmsa->cs = (struct vmcb_seg){BARE_SEL_CODE32, ATTRIB_CODE32, 0xffffffff, 0};
	vmsa->ds = vmsa->es = vmsa->ss = vmsa->fs = vmsa->gs = data;
	vmsa->gdtr.base = image_gpa(bare_gdt);
	vmsa->efer = EFER_SVME;
	vmsa->cr0 = CR0_PE | CR0_NE | CR0_ET;
	vmsa->cr3 = 0;
	vmsa->cr4 = 0;
	vmsa->rip = image_gpa(plane32_start);
	vmsa->rsp = image_gpa(plane32_stack_top);
}

static void run(struct vmsa *vmsa)
{
	gate_set(VEC_VC, plane32_vc);
	gate_set(VEC_GP, plane32_gp);
	gate_set(VEC_UD, plane32_ud);
	memset(plane32_found, 0, sizeof(plane32_found));
	plane_grant_image(VMPL);
	vmsa_seal(VMSA_GPA);
	if (ghcb_ap_creation(0, VMPL, AP_CREATE_ON_INIT, VMSA_GPA, vmsa->sev_features).info_1)
		report_abort("VMPL%u cannot be created", VMPL);
	expect(ghcb_msr((uint64_t)VMPL << 32 | GHCB_MSR_RUN_VMPL_REQ), GHCB_MSR_RUN_VMPL_RESP,
		"the 32-bit program runs and comes back");
}

static void check(void)
{
	static const struct {
		const char *name;
		uint32_t want;
	} rows[] = {
		{"CPUID", VEC_VC << 16 | VMEXIT_CPUID},
		{"IN", VEC_VC << 16 | VMEXIT_IOIO},
		{"OUTS", VEC_VC << 16 | VMEXIT_IOIO},
		{"RDMSR", VEC_VC << 16 | VMEXIT_MSR},
		{"WBINVD", VEC_VC << 16 | VMEXIT_WBINVD},
		{"VMMCALL", VEC_VC << 16 | VMEXIT_VMMCALL},
		{"RDPMC", VEC_VC << 16 | VMEXIT_RDPMC},
		{"INVD", VEC_VC << 16 | VMEXIT_INVD},
		{"DR7 read", VEC_VC << 16 | VMEXIT_DR7_READ},
		{"DR7 write", VEC_VC << 16 | VMEXIT_DR7_WRITE},
		{"MWAIT", VEC_VC << 16 | VMEXIT_MWAIT},
		{"PVALIDATE at VMPL3: #GP", VEC_GP << 16},
		{"UD2: #UD", VEC_UD << 16},
		{"WRMSR of SEV_STATUS: #GP", VEC_GP << 16},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		expect(plane32_found[i], rows[i].want, "%s", rows[i].name);
}

void test_vc32(void)
{
	struct vmsa *vmsa = vmsa_new(VMSA_GPA, VMPL);

	vmsa_make(vmsa);
	run(vmsa);
	check();
}

// GiB 0 to 2 private, GiB 3 shared: the device lies there.
void test_vc32_pae(void)
{
	struct vmsa *vmsa = vmsa_new(VMSA_GPA, VMPL);

	for (unsigned i = 0; i < PDPT_ENTRIES; i++)
		pdpt[i] = image_gpa(i < 3 ? &pd_private[i * 512] : &pd_shared[i * 512]) |
			  bare_cbit | PTE_P;
	vmsa_make(vmsa);
	vmsa->cr3 = image_gpa(pdpt);
	vmsa->cr4 = CR4_PAE;
	vmsa->cr0 |= CR0_PG;
	plane32_mmio = DEVICE_GPA;
	run(vmsa);
	check();
	expect(plane32_found[14], VEC_VC << 16 | VMEXIT_NPF, "MMIO read");
}
