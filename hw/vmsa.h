// SPDX-License-Identifier: MIT
// VM save area (VMSA) of an SEV-ES or SEV-SNP vCPU, one 4 KiB page in private guest memory.
// Source: APM volume 2, appendix B, table B-4. Fields the project does not use are reserved_*.
#ifndef HW_VMSA_H
#define HW_VMSA_H

#include "hw/svm.h"

struct __attribute__((packed)) vmsa {
	struct vmcb_seg es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	uint64_t pl0_ssp, pl1_ssp, pl2_ssp, pl3_ssp;
	uint64_t u_cet;
	uint8_t reserved_0c8[2];
	uint8_t vmpl;
	uint8_t cpl;
	uint32_t reserved_0cc;
	uint64_t efer;
	uint8_t reserved_0d8[0x140 - 0xd8];
	uint64_t xss;
	uint64_t cr4;
	uint64_t cr3;
	uint64_t cr0;
	uint64_t dr7;
	uint64_t dr6;
	uint64_t rflags;
	uint64_t rip;
	uint64_t dr0, dr1, dr2, dr3;
	uint64_t dr0_addr_mask, dr1_addr_mask, dr2_addr_mask, dr3_addr_mask;
	uint8_t reserved_1c0[0x1d8 - 0x1c0];
	uint64_t rsp;
	uint64_t s_cet;
	uint64_t ssp;
	uint64_t isst_addr;
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
	uint8_t reserved_298[0x2e8 - 0x298];
	uint32_t pkru;
	uint32_t tsc_aux;
	uint64_t guest_tsc_scale;
	uint64_t guest_tsc_offset;
	uint64_t reg_prot_nonce;
	uint64_t rcx;
	uint64_t rdx;
	uint64_t rbx;
	uint64_t reserved_320;
	uint64_t rbp;
	uint64_t rsi;
	uint64_t rdi;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint8_t reserved_380[0x390 - 0x380];
	uint64_t guest_exit_info_1;
	uint64_t guest_exit_info_2;
	uint64_t guest_exit_int_info;
	uint64_t guest_nrip;
	uint64_t sev_features;
	uint64_t vintr_ctrl;
	uint64_t guest_exit_code;
	uint64_t virtual_tom;
	uint64_t tlb_id;
	uint64_t pcpu_id;
	uint64_t event_inj;
	uint64_t xcr0;
	uint8_t reserved_3f0[0x400 - 0x3f0];
	uint64_t x87_dp;
	uint32_t mxcsr;
	uint16_t x87_ftw;
	uint16_t x87_fsw;
	uint16_t x87_fcw;
	uint16_t x87_fop;
	uint16_t x87_ds;
	uint16_t x87_cs;
	uint64_t x87_rip;
	uint8_t fpreg_x87[80];
	uint8_t fpreg_xmm[256];
	uint8_t fpreg_ymm[256];
	uint8_t reserved_670[0x1000 - 0x670];
};
ASSERT_SIZE(struct vmsa, 4096);
ASSERT_OFFSET(struct vmsa, vmpl, 0xca);
ASSERT_OFFSET(struct vmsa, cpl, 0xcb);
ASSERT_OFFSET(struct vmsa, efer, 0xd0);
ASSERT_OFFSET(struct vmsa, xss, 0x140);
ASSERT_OFFSET(struct vmsa, cr0, 0x158);
ASSERT_OFFSET(struct vmsa, rflags, 0x170);
ASSERT_OFFSET(struct vmsa, rip, 0x178);
ASSERT_OFFSET(struct vmsa, rsp, 0x1d8);
ASSERT_OFFSET(struct vmsa, rax, 0x1f8);
ASSERT_OFFSET(struct vmsa, cr2, 0x240);
ASSERT_OFFSET(struct vmsa, g_pat, 0x268);
ASSERT_OFFSET(struct vmsa, pkru, 0x2e8);
ASSERT_OFFSET(struct vmsa, rcx, 0x308);
ASSERT_OFFSET(struct vmsa, r15, 0x378);
ASSERT_OFFSET(struct vmsa, guest_exit_info_1, 0x390);
ASSERT_OFFSET(struct vmsa, sev_features, 0x3b0);
ASSERT_OFFSET(struct vmsa, vintr_ctrl, 0x3b8);
ASSERT_OFFSET(struct vmsa, guest_exit_code, 0x3c0);
ASSERT_OFFSET(struct vmsa, xcr0, 0x3e8);
ASSERT_OFFSET(struct vmsa, x87_dp, 0x400);
ASSERT_OFFSET(struct vmsa, fpreg_x87, 0x420);
ASSERT_OFFSET(struct vmsa, fpreg_xmm, 0x470);
ASSERT_OFFSET(struct vmsa, fpreg_ymm, 0x570);

// SEV_FEATURES, VMSA offset 0x3b0; SEV_STATUS (MSR 0xc0010131) holds the same bits shifted left
// by 2, below them SEV, SEV-ES and SNP active (APM 2 sections 15.34.10 and 15.36)
#define SEV_FEATURE_SNP_ACTIVE		 (1ull << 0)
#define SEV_FEATURE_VTOM		 (1ull << 1)
#define SEV_FEATURE_REFLECT_VC		 (1ull << 2)
#define SEV_FEATURE_RESTRICTED_INJECTION (1ull << 3)
#define SEV_FEATURE_ALTERNATE_INJECTION	 (1ull << 4)
#define SEV_FEATURE_DEBUG_SWAP		 (1ull << 5)
#define SEV_FEATURE_PREVENT_HOST_IBS	 (1ull << 6)
#define SEV_FEATURE_BTB_ISOLATION	 (1ull << 7)
#define SEV_FEATURE_VMPL_SSS		 (1ull << 8)
#define SEV_FEATURE_SECURE_TSC		 (1ull << 9)
#define SEV_FEATURE_VMGEXIT_PARAM	 (1ull << 10)
#define SEV_FEATURE_IBS_VIRT		 (1ull << 12)
#define SEV_FEATURE_VMSA_REG_PROT	 (1ull << 14)
#define SEV_FEATURE_SMT_PROTECTION	 (1ull << 15)
#define SEV_FEATURE_SECURE_AVIC		 (1ull << 16)

#define SEV_STATUS_SEV			 (1ull << 0)
#define SEV_STATUS_SEV_ES		 (1ull << 1)
#define SEV_STATUS_SNP			 (1ull << 2)
#define SEV_STATUS_RESTRICTED_INJECTION	 (1ull << 5)
#define SEV_STATUS_DEBUG_SWAP		 (1ull << 7)
#define SEV_STATUS_FEATURE_SHIFT	 2

#endif
