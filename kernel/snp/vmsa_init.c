// SPDX-License-Identifier: MIT
// Values after reset: APM 2 section 14.1.3.
#include "kernel/snp/vmsa_init.h"

#include "abi/svsm.h"
#include "hw/x86.h"
#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/layout.h"
#include "kernel/pagetable.h"
#include "kernel/snp/sev_status.h"
#include "kernel/trap.h"

#define PAT_RESET	0x0007040600070406ull
#define DR6_RESET	0xffff0ff0
#define DR7_RESET	0x400
#define MXCSR_RESET	0x1f80
#define FTW_RESET	0x5555
#define FCW_RESET	0x40

#define ATTRIB_CODE	(SEG_ATTR_P | SEG_ATTR_S | 0xb)
#define ATTRIB_DATA	(SEG_ATTR_P | SEG_ATTR_S | 0x3)
#define ATTRIB_LDT	(SEG_ATTR_P | 0x2)
#define ATTRIB_BUSY_TSS (SEG_ATTR_P | 0xb)

static void vmsa_init_common(struct vmsa *vmsa)
{
	vmsa->rflags = RFLAGS_RSVD1;
	vmsa->dr6 = DR6_RESET;
	vmsa->dr7 = DR7_RESET;
	vmsa->g_pat = PAT_RESET;
	vmsa->xcr0 = 1;
	vmsa->mxcsr = MXCSR_RESET;
	vmsa->x87_ftw = FTW_RESET;
	vmsa->x87_fcw = FCW_RESET;
}

static struct vmcb_seg real_mode_segment(uint16_t attrib)
{
	return (struct vmcb_seg){.attrib = attrib, .limit = 0xffff};
}

void vmsa_init_guest(struct vmsa *vmsa, uint64_t reset_vector)
{
	vmsa_init_common(vmsa);
	vmsa->cs = real_mode_segment(ATTRIB_CODE);
	vmsa->cs.selector = 0xf000;
	vmsa->cs.base = reset_vector & 0xffff0000;
	vmsa->rip = reset_vector & 0xffff;
	vmsa->ds = real_mode_segment(ATTRIB_DATA);
	vmsa->es = vmsa->ds;
	vmsa->fs = vmsa->ds;
	vmsa->gs = vmsa->ds;
	vmsa->ss = vmsa->ds;
	vmsa->gdtr = real_mode_segment(0);
	vmsa->idtr = real_mode_segment(0);
	vmsa->ldtr = real_mode_segment(ATTRIB_LDT);
	vmsa->tr = real_mode_segment(ATTRIB_BUSY_TSS);
	vmsa->cr0 = CR0_CD | CR0_NW | CR0_ET;
	vmsa->efer = EFER_SVME;
	vmsa->vmpl = SVSM_GUEST_VMPL;
	vmsa->sev_features = sev_features_guest();
}

static struct vmcb_seg flat_segment(uint16_t selector, uint16_t attrib)
{
	return (struct vmcb_seg){.selector = selector, .attrib = attrib, .limit = 0xffffffff};
}

void vmsa_init_kernel(struct vmsa *vmsa, gpa_t root)
{
	vmsa_init_common(vmsa);
	vmsa->cs = flat_segment(SEL_CODE, ATTRIB_CODE | SEG_ATTR_L | SEG_ATTR_G);
	vmsa->ds = flat_segment(SEL_DATA, ATTRIB_DATA | SEG_ATTR_DB | SEG_ATTR_G);
	vmsa->es = vmsa->ds;
	vmsa->ss = vmsa->ds;
	vmsa->fs = vmsa->ds;
	vmsa->gs = vmsa->ds;
	vmsa->gdtr.base = PERCPU_VA + offsetof(struct percpu, gdt);
	vmsa->gdtr.limit = GDT_COUNT * 8 - 1;
	vmsa->idtr.base = trap_table_base();
	vmsa->idtr.limit = trap_table_limit();
	vmsa->tr = (struct vmcb_seg){
		.selector = SEL_TSS,
		.attrib = ATTRIB_BUSY_TSS,
		.limit = sizeof(struct tss) - 1,
		.base = PERCPU_VA + offsetof(struct percpu, tss),
	};
	vmsa->cr0 = cpu_read_cr0();
	vmsa->cr3 = gpa_value(root) | pagetable_cbit();
	vmsa->cr4 = cpu_read_cr4();
	vmsa->efer = EFER_LME | EFER_LMA | EFER_NXE | EFER_SVME;
	vmsa->rip = (uint64_t)cpu_main;
	// As after a call: the stack is aligned before the return address, which is 0.
	vmsa->rsp = STACK_MAIN_TOP - 8;
	vmsa->vmpl = 0;
	vmsa->sev_features = sev_features_own();
}
