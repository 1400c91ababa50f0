// SPDX-License-Identifier: MIT
// Virtual machine control block (VMCB) of AMD-V. Source: APM volume 2, appendix B, tables B-1
// (control area) and B-2 (state-save area); exit codes: appendix C. One VMCB is one 4 KiB page.
#ifndef HW_SVM_H
#define HW_SVM_H

#include "hw/assert.h"

// Segment register as the VMCB and the VMSA store it. attrib packs descriptor bits 40..47 in
// [7:0] and bits 52..55 in [11:8]. limit: bytes, already scaled.
struct vmcb_seg {
	uint16_t selector;
	uint16_t attrib;
	uint32_t limit;
	uint64_t base;
};
ASSERT_SIZE(struct vmcb_seg, 16);
ASSERT_OFFSET(struct vmcb_seg, attrib, 2);
ASSERT_OFFSET(struct vmcb_seg, base, 8);

#define SEG_ATTR_TYPE_MASK 0x000f
#define SEG_ATTR_S	   0x0010
#define SEG_ATTR_DPL_SHIFT 5
#define SEG_ATTR_P	   0x0080
#define SEG_ATTR_AVL	   0x0100
#define SEG_ATTR_L	   0x0200
#define SEG_ATTR_DB	   0x0400
#define SEG_ATTR_G	   0x0800

struct vmcb_control {
	uint16_t intercept_cr_read;
	uint16_t intercept_cr_write;
	uint16_t intercept_dr_read;
	uint16_t intercept_dr_write;
	uint32_t intercept_exceptions;
	uint32_t intercept_misc1; // exit codes 0x60..0x7f, bit = code - 0x60
	uint32_t intercept_misc2; // exit codes 0x80..0x9f, bit = code - 0x80
	uint32_t intercept_misc3;
	uint8_t reserved_018[0x3c - 0x18];
	uint16_t pause_filter_threshold;
	uint16_t pause_filter_count;
	uint64_t iopm_base_pa;
	uint64_t msrpm_base_pa;
	uint64_t tsc_offset;
	uint32_t asid;
	uint8_t tlb_control;
	uint8_t reserved_05d[3];
	uint32_t int_ctl;
	uint32_t int_vector;
	uint64_t int_state;
	uint64_t exit_code;
	uint64_t exit_info_1;
	uint64_t exit_info_2;
	uint32_t exit_int_info;
	uint32_t exit_int_info_err;
	uint64_t nested_ctl;
	uint64_t avic_apic_bar;
	uint64_t ghcb_gpa;
	uint32_t event_inj;
	uint32_t event_inj_err;
	uint64_t nested_cr3;
	uint64_t virt_ext;
	uint32_t clean;
	uint32_t reserved_0c4;
	uint64_t next_rip;
	uint8_t insn_len;
	uint8_t insn_bytes[15];
	uint8_t reserved_0e0[0x108 - 0xe0];
	uint64_t vmsa_pa;
	uint8_t reserved_110[0x400 - 0x110];
};
ASSERT_SIZE(struct vmcb_control, 0x400);
ASSERT_OFFSET(struct vmcb_control, iopm_base_pa, 0x40);
ASSERT_OFFSET(struct vmcb_control, asid, 0x58);
ASSERT_OFFSET(struct vmcb_control, int_state, 0x68);
ASSERT_OFFSET(struct vmcb_control, exit_code, 0x70);
ASSERT_OFFSET(struct vmcb_control, nested_ctl, 0x90);
ASSERT_OFFSET(struct vmcb_control, event_inj, 0xa8);
ASSERT_OFFSET(struct vmcb_control, nested_cr3, 0xb0);
ASSERT_OFFSET(struct vmcb_control, next_rip, 0xc8);
ASSERT_OFFSET(struct vmcb_control, vmsa_pa, 0x108);

struct vmcb_save {
	struct vmcb_seg es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	uint8_t reserved_0a0[0xcb - 0xa0];
	uint8_t cpl;
	uint32_t reserved_0cc;
	uint64_t efer;
	uint8_t reserved_0d8[0x148 - 0xd8];
	uint64_t cr4;
	uint64_t cr3;
	uint64_t cr0;
	uint64_t dr7;
	uint64_t dr6;
	uint64_t rflags;
	uint64_t rip;
	uint8_t reserved_180[0x1d8 - 0x180];
	uint64_t rsp;
	uint8_t reserved_1e0[0x1f8 - 0x1e0];
	uint64_t rax;
	uint64_t star;
	uint64_t lstar;
	uint64_t cstar;
	uint64_t sfmask;
	uint64_t kernel_gs_base;
	uint64_t sysenter_cs;
	uint64_t sysenter_esp;
	uint64_t sysenter_eip;
	uint64_t cr2;
	uint8_t reserved_248[0x268 - 0x248];
	uint64_t g_pat;
	uint64_t dbgctl;
	uint64_t br_from;
	uint64_t br_to;
	uint64_t last_excp_from;
	uint64_t last_excp_to;
	uint8_t reserved_298[0xc00 - 0x298];
};
ASSERT_SIZE(struct vmcb_save, 0xc00);
ASSERT_OFFSET(struct vmcb_save, cpl, 0xcb);
ASSERT_OFFSET(struct vmcb_save, efer, 0xd0);
ASSERT_OFFSET(struct vmcb_save, cr4, 0x148);
ASSERT_OFFSET(struct vmcb_save, rip, 0x178);
ASSERT_OFFSET(struct vmcb_save, rsp, 0x1d8);
ASSERT_OFFSET(struct vmcb_save, rax, 0x1f8);
ASSERT_OFFSET(struct vmcb_save, cr2, 0x240);
ASSERT_OFFSET(struct vmcb_save, g_pat, 0x268);

struct vmcb {
	struct vmcb_control control;
	struct vmcb_save save;
};
ASSERT_SIZE(struct vmcb, 4096);
ASSERT_OFFSET(struct vmcb, save, 0x400);

// intercept_misc1, bit n = exit code 0x60 + n
#define INTERCEPT_INTR	   (1u << 0)
#define INTERCEPT_NMI	   (1u << 1)
#define INTERCEPT_SMI	   (1u << 2)
#define INTERCEPT_INIT	   (1u << 3)
#define INTERCEPT_VINTR	   (1u << 4)
#define INTERCEPT_CR0_SEL  (1u << 5)
#define INTERCEPT_RDTSC	   (1u << 14)
#define INTERCEPT_RDPMC	   (1u << 15)
#define INTERCEPT_CPUID	   (1u << 18)
#define INTERCEPT_INVD	   (1u << 22)
#define INTERCEPT_PAUSE	   (1u << 23)
#define INTERCEPT_HLT	   (1u << 24)
#define INTERCEPT_INVLPGA  (1u << 26)
#define INTERCEPT_IOIO	   (1u << 27)
#define INTERCEPT_MSR	   (1u << 28)
#define INTERCEPT_TASK	   (1u << 29)
#define INTERCEPT_FERR	   (1u << 30)
#define INTERCEPT_SHUTDOWN (1u << 31)
// intercept_misc2, bit n = exit code 0x80 + n
#define INTERCEPT_VMRUN	  (1u << 0)
#define INTERCEPT_VMMCALL (1u << 1)
#define INTERCEPT_VMLOAD  (1u << 2)
#define INTERCEPT_VMSAVE  (1u << 3)
#define INTERCEPT_STGI	  (1u << 4)
#define INTERCEPT_CLGI	  (1u << 5)
#define INTERCEPT_SKINIT  (1u << 6)
#define INTERCEPT_RDTSCP  (1u << 7)
#define INTERCEPT_WBINVD  (1u << 9)
#define INTERCEPT_MONITOR (1u << 10)
#define INTERCEPT_MWAIT	  (1u << 11)
#define INTERCEPT_XSETBV  (1u << 13)

// Exit codes, APM 2 appendix C
#define VMEXIT_CR0_READ		  0x000
#define VMEXIT_CR0_WRITE	  0x010
#define VMEXIT_CR4_WRITE	  0x014
#define VMEXIT_DR7_READ		  0x027
#define VMEXIT_DR5_WRITE	  0x035
#define VMEXIT_DR7_WRITE	  0x037
#define VMEXIT_EXCP_BASE	  0x040
#define VMEXIT_INTR		  0x060
#define VMEXIT_NMI		  0x061
#define VMEXIT_SMI		  0x062
#define VMEXIT_INIT		  0x063
#define VMEXIT_VINTR		  0x064
#define VMEXIT_CR0_SEL		  0x065
#define VMEXIT_RDTSC		  0x06e
#define VMEXIT_RDPMC		  0x06f
#define VMEXIT_CPUID		  0x072
#define VMEXIT_IRET		  0x074
#define VMEXIT_INVD		  0x076
#define VMEXIT_PAUSE		  0x077
#define VMEXIT_HLT		  0x078
#define VMEXIT_INVLPGA		  0x07a
#define VMEXIT_IOIO		  0x07b
#define VMEXIT_MSR		  0x07c
#define VMEXIT_SHUTDOWN		  0x07f
#define VMEXIT_VMRUN		  0x080
#define VMEXIT_VMMCALL		  0x081
#define VMEXIT_VMLOAD		  0x082
#define VMEXIT_VMSAVE		  0x083
#define VMEXIT_STGI		  0x084
#define VMEXIT_CLGI		  0x085
#define VMEXIT_SKINIT		  0x086
#define VMEXIT_RDTSCP		  0x087
#define VMEXIT_WBINVD		  0x089
#define VMEXIT_MONITOR		  0x08a
#define VMEXIT_MWAIT		  0x08b
#define VMEXIT_XSETBV		  0x08d
#define VMEXIT_NPF		  0x400
#define VMEXIT_VMGEXIT		  0x403
#define VMEXIT_PAGE_NOT_VALIDATED 0x404
#define VMEXIT_INVALID		  (~0ull)

// EXITINFO1 of #NPF, APM 2 sections 15.25.6 and 15.36.10
#define NPF_P	  (1ull << 0)
#define NPF_W	  (1ull << 1)
#define NPF_U	  (1ull << 2)
#define NPF_RSVD  (1ull << 3)
#define NPF_ID	  (1ull << 4)
#define NPF_RMP	  (1ull << 31)
#define NPF_FINAL (1ull << 32) // fault on the final guest-physical address
#define NPF_TABLE (1ull << 33) // fault on a guest page-table access
#define NPF_ENC	  (1ull << 34) // the access had the C-bit
#define NPF_SIZEM (1ull << 35) // RMP and page-table size mismatch
#define NPF_VMPL  (1ull << 36) // VMPL permission violation

// EVENTINJ and EXITINTINFO, APM 2 section 15.20
#define EVENT_TYPE_INTR (0u << 8)
#define EVENT_TYPE_NMI	(2u << 8)
#define EVENT_TYPE_EXCP (3u << 8)
#define EVENT_TYPE_SOFT (4u << 8)
#define EVENT_TYPE_MASK (7u << 8)
#define EVENT_ERR_VALID (1u << 11)
#define EVENT_VALID	(1u << 31)

// int_ctl
#define V_IRQ		      (1u << 8)
#define V_GIF		      (1u << 9)
#define V_INTR_MASKING	      (1u << 24)
#define V_GIF_ENABLE	      (1u << 25)

#define INT_STATE_SHADOW      1ull
#define NESTED_CTL_NP	      1ull
#define TLB_CONTROL_FLUSH_ALL 1

// EXITINFO1 of IOIO, APM 2 section 15.10.2; GHCB exit 0x7b uses the same layout
#define IOIO_IN		(1u << 0)
#define IOIO_STR	(1u << 2)
#define IOIO_REP	(1u << 3)
#define IOIO_SZ8	(1u << 4)
#define IOIO_SZ16	(1u << 5)
#define IOIO_SZ32	(1u << 6)
#define IOIO_PORT_SHIFT 16

#endif
