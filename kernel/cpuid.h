// SPDX-License-Identifier: MIT
// CPUID from the page that the secure processor filled and checked; the instruction is not used.
#ifndef KERNEL_CPUID_H
#define KERNEL_CPUID_H

#include "hw/snp.h"
#include "lib/util.h"

#define CPUID_LEAF_FEATURES	   1
#define CPUID_LEAF_EXTENDED	   7
#define CPUID_LEAF_ADDRESS_SIZE	   0x80000008u
#define CPUID_LEAF_ENCRYPTION	   0x8000001fu

#define CPUID_1_ECX_XSAVE	   BIT(26)
#define CPUID_1_ECX_OSXSAVE	   BIT(27)
#define CPUID_1_ECX_AVX		   BIT(28)
#define CPUID_1_ECX_RDRAND	   BIT(30)
#define CPUID_7_EBX_SMEP	   BIT(7)
#define CPUID_7_EBX_RDSEED	   BIT(18)
#define CPUID_7_EBX_SMAP	   BIT(20)
#define CPUID_7_ECX_UMIP	   BIT(2)
#define CPUID_80000008_EBX_INVLPGB BIT(3)

// NULL: not in the table.
const struct snp_cpuid_entry *cpuid_find(uint32_t leaf, uint32_t subleaf);

const struct snp_cpuid_page *cpuid_page(void);

#endif
