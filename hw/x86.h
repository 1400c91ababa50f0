// SPDX-License-Identifier: MIT
// x86-64 architectural constants. Source: AMD64 Architecture Programmer's Manual (APM) volume 2,
// chapters 3 (system resources), 5 (paging), 8 (exceptions), 16 (APIC). No units: bit masks.
// Usable from assembly: plain macros only.
#ifndef HW_X86_H
#define HW_X86_H

// CR0, APM 2 section 3.1.1
#define CR0_PE 0x00000001
#define CR0_MP 0x00000002
#define CR0_EM 0x00000004
#define CR0_TS 0x00000008
#define CR0_ET 0x00000010
#define CR0_NE 0x00000020
#define CR0_WP 0x00010000
#define CR0_AM 0x00040000
#define CR0_NW 0x20000000
#define CR0_CD 0x40000000
#define CR0_PG 0x80000000

// CR4, APM 2 section 3.1.3
#define CR4_DE	       0x00000008
#define CR4_PSE	       0x00000010
#define CR4_PAE	       0x00000020
#define CR4_MCE	       0x00000040
#define CR4_PGE	       0x00000080
#define CR4_OSFXSR     0x00000200
#define CR4_OSXMMEXCPT 0x00000400
#define CR4_UMIP       0x00000800
#define CR4_LA57       0x00001000
#define CR4_FSGSBASE   0x00010000
#define CR4_OSXSAVE    0x00040000
#define CR4_SMEP       0x00100000
#define CR4_SMAP       0x00200000

// EFER, APM 2 section 3.1.7
#define EFER_SCE   0x0001
#define EFER_LME   0x0100
#define EFER_LMA   0x0400
#define EFER_NXE   0x0800
#define EFER_SVME  0x1000
#define EFER_FFXSR 0x4000

// RFLAGS, APM 1 section 3.1.4
#define RFLAGS_CF    0x00000001
#define RFLAGS_RSVD1 0x00000002
#define RFLAGS_ZF    0x00000040
#define RFLAGS_TF    0x00000100
#define RFLAGS_IF    0x00000200
#define RFLAGS_DF    0x00000400
#define RFLAGS_NT    0x00004000
#define RFLAGS_RF    0x00010000
#define RFLAGS_VM    0x00020000
#define RFLAGS_AC    0x00040000

// Page-table entries, APM 2 section 5.3
#define PTE_P	      0x0000000000000001
#define PTE_W	      0x0000000000000002
#define PTE_U	      0x0000000000000004
#define PTE_PWT	      0x0000000000000008
#define PTE_PCD	      0x0000000000000010
#define PTE_A	      0x0000000000000020
#define PTE_D	      0x0000000000000040
#define PTE_PS	      0x0000000000000080
#define PTE_G	      0x0000000000000100
#define PTE_NX	      0x8000000000000000
#define PTE_ADDR_MASK 0x000ffffffffff000

// Page-fault error code, APM 2 section 8.4.2
#define PF_P	0x01
#define PF_W	0x02
#define PF_U	0x04
#define PF_RSVD 0x08
#define PF_I	0x10
#define PF_RMP	0x80000000

// Exception vectors, APM 2 section 8.2
#define VEC_DE	0
#define VEC_DB	1
#define VEC_NMI 2
#define VEC_BP	3
#define VEC_UD	6
#define VEC_NM	7
#define VEC_DF	8
#define VEC_TS	10
#define VEC_NP	11
#define VEC_SS	12
#define VEC_GP	13
#define VEC_PF	14
#define VEC_MF	16
#define VEC_AC	17
#define VEC_MC	18
#define VEC_XF	19
#define VEC_HV	28 // hypervisor injection exception, APM 2 section 15.36.16
#define VEC_VC	29 // VMM communication exception, APM 2 section 15.35.5
#define VEC_SX	30

// MSRs, APM 2 appendix A
#define MSR_TSC		   0x00000010
#define MSR_APIC_BASE	   0x0000001b
#define MSR_SYSENTER_CS	   0x00000174
#define MSR_SYSENTER_ESP   0x00000175
#define MSR_SYSENTER_EIP   0x00000176
#define MSR_PAT		   0x00000277
#define MSR_X2APIC_FIRST   0x00000800
#define MSR_X2APIC_LAST	   0x000008ff
#define MSR_XSS		   0x00000da0
#define MSR_EFER	   0xc0000080
#define MSR_STAR	   0xc0000081
#define MSR_LSTAR	   0xc0000082
#define MSR_CSTAR	   0xc0000083
#define MSR_SFMASK	   0xc0000084
#define MSR_FS_BASE	   0xc0000100
#define MSR_GS_BASE	   0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_TSC_AUX	   0xc0000103
#define MSR_VM_CR	   0xc0010114
#define MSR_VM_HSAVE_PA	   0xc0010117
#define MSR_GHCB	   0xc0010130 // APM 2 section 15.35.8
#define MSR_SEV_STATUS	   0xc0010131 // APM 2 section 15.34.10

#define APIC_BASE_BSP	   0x100
#define APIC_BASE_X2	   0x400
#define APIC_BASE_ENABLE   0x800

#endif
