// SPDX-License-Identifier: MIT
// CPUID bits that the machine decides about. Source: APM volume 3, appendix E (names as there), and
// Intel's SDM for leaf 7.
#ifndef PSP_SILICON_H
#define PSP_SILICON_H

#include "hw/snp.h"
#include "lib/util.h"
#include "machine/base/machine.h"
#include "machine/psp/psp.h"

#define CPUID_1_ECX_MONITOR	 (1u << 3)
#define CPUID_1_ECX_VMX		 (1u << 5)
#define CPUID_1_ECX_FMA		 (1u << 12)
#define CPUID_1_ECX_X2APIC	 (1u << 21)
#define CPUID_1_ECX_TSC_DEADLINE (1u << 24)
#define CPUID_1_ECX_XSAVE	 (1u << 26)
#define CPUID_1_ECX_OSXSAVE	 (1u << 27)
#define CPUID_1_ECX_AVX		 (1u << 28)
#define CPUID_1_ECX_F16C	 (1u << 29)
#define CPUID_1_ECX_HYPERVISOR	 (1u << 31)
#define CPUID_1_ECX_NEED_XSAVE                                                                     \
	(CPUID_1_ECX_FMA | CPUID_1_ECX_XSAVE | CPUID_1_ECX_AVX | CPUID_1_ECX_F16C)

#define CPUID_7_EBX_AVX2   (1u << 5)
#define CPUID_7_EBX_MPX	   (1u << 14)
#define CPUID_7_EBX_RDSEED (1u << 18)
// AVX2 and the AVX-512 family: F, DQ, IFMA, PF, ER, CD, BW, VL
#define CPUID_7_EBX_NEED_XSAVE                                                                     \
	(CPUID_7_EBX_AVX2 | 1u << 16 | 1u << 17 | 1u << 21 | 7u << 26 | 3u << 30)
#define CPUID_7_ECX_PKU	   (1u << 3)
#define CPUID_7_ECX_CET_SS (1u << 7)
#define CPUID_7_ECX_LA57   (1u << 16)
#define CPUID_7_ECX_PKS	   (1u << 31)
// protection keys, VAES, VPCLMULQDQ, and AVX-512: VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ
#define CPUID_7_ECX_NEED_XSAVE (CPUID_7_ECX_PKU | 3u << 9 | 1u << 1 | 1u << 6 | 3u << 11 | 1u << 14)
#define CPUID_7_EDX_CET_IBT    (1u << 20)
// AVX-512 4VNNIW, 4FMAPS, VP2INTERSECT, FP16, and AMX
#define CPUID_7_EDX_NEED_XSAVE	      (3u << 2 | 1u << 8 | 1u << 23 | 1u << 22 | 3u << 24)
#define CPUID_7_1_EAX_STRING_OPS      (7u << 10) // FZRM, FSRS, FSRC

#define CPUID_D1_EAX_XSAVEC	      (1u << 1)
#define CPUID_D1_EAX_XSAVES	      (1u << 3)
#define CPUID_D1_EAX_KNOWN	      0xfu // XSAVEOPT, XSAVEC, XGETBV with ECX 1, XSAVES
#define CPUID_XSAVE_LEGACY_SIZE	      0x240
#define XSTATE_NOT_CARRIED	      0x18ull // MPX bounds registers, configuration

#define CPUID_80000001_ECX_SVM	      (1u << 2)
#define CPUID_80000001_ECX_IBS	      (1u << 10)
#define CPUID_80000001_ECX_SKINIT     (1u << 12)
#define CPUID_80000001_ECX_LWP	      (1u << 15)
#define CPUID_80000001_ECX_MWAITX     (1u << 29)
#define CPUID_80000001_ECX_NEED_XSAVE (1u << 11 | 1u << 16) // XOP, FMA4

#define CPUID_80000008_EBX_XSAVEERPTR (1u << 2)
#define CPUID_80000008_EBX_INVLPGB    (1u << 3)

#endif
