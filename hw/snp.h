// SPDX-License-Identifier: MIT
// Pages that the secure processor makes at launch. Source: SEV Secure Nested Paging Firmware ABI
// (AMD document 56860), sections 8.14.2.5 (secrets), 8.14.2.6 and 7.1 (CPUID), 8.17 (launch
// digest); the SVSM fields of the secrets page: SVSM specification (AMD document 58019), section 5.
#ifndef HW_SNP_H
#define HW_SNP_H

#include "hw/assert.h"

#define SNP_VMPCK_SIZE 32

struct __attribute__((packed)) snp_secrets_page {
	uint32_t version;
	uint32_t flags; // bit 0: IMI enabled
	uint32_t fms;	// family, model, stepping as CPUID leaf 1 EAX
	uint32_t reserved_00c;
	uint8_t gosvw[16];
	uint8_t vmpck[4][SNP_VMPCK_SIZE];
	uint8_t os_area[96];
	uint8_t vmsa_tweak_bitmap[64];
	uint64_t svsm_base;	   // guest-physical address, bytes
	uint64_t svsm_size;	   // bytes; not 0 means an SVSM is there
	uint64_t svsm_caa;	   // guest-physical address of the first calling area
	uint32_t svsm_max_version; // highest core protocol version
	uint8_t svsm_guest_vmpl;
	uint8_t reserved_15d[3];
	uint32_t tsc_factor;
	uint8_t reserved_164[0x1000 - 0x164];
};
ASSERT_SIZE(struct snp_secrets_page, 4096);
ASSERT_OFFSET(struct snp_secrets_page, vmpck, 0x20);
ASSERT_OFFSET(struct snp_secrets_page, os_area, 0xa0);
ASSERT_OFFSET(struct snp_secrets_page, vmsa_tweak_bitmap, 0x100);
ASSERT_OFFSET(struct snp_secrets_page, svsm_base, 0x140);
ASSERT_OFFSET(struct snp_secrets_page, svsm_size, 0x148);
ASSERT_OFFSET(struct snp_secrets_page, svsm_caa, 0x150);
ASSERT_OFFSET(struct snp_secrets_page, svsm_max_version, 0x158);
ASSERT_OFFSET(struct snp_secrets_page, svsm_guest_vmpl, 0x15c);
ASSERT_OFFSET(struct snp_secrets_page, tsc_factor, 0x160);

struct snp_cpuid_entry {
	uint32_t eax_in;
	uint32_t ecx_in;
	uint64_t xcr0_in;
	uint64_t xss_in;
	uint32_t eax;
	uint32_t ebx;
	uint32_t ecx;
	uint32_t edx;
	uint64_t reserved;
};
ASSERT_SIZE(struct snp_cpuid_entry, 48);
ASSERT_OFFSET(struct snp_cpuid_entry, xcr0_in, 8);
ASSERT_OFFSET(struct snp_cpuid_entry, eax, 24);

#define SNP_CPUID_ENTRIES_MAX 64

struct snp_cpuid_page {
	uint32_t count;
	uint32_t reserved_004;
	uint64_t reserved_008;
	struct snp_cpuid_entry entry[SNP_CPUID_ENTRIES_MAX];
	uint8_t reserved_c10[0x1000 - 0x10 - SNP_CPUID_ENTRIES_MAX * 48];
};
ASSERT_SIZE(struct snp_cpuid_page, 4096);
ASSERT_OFFSET(struct snp_cpuid_page, entry, 16);

// CPUID Fn8000_001F EAX
#define CPUID_8000001F_SEV	  (1u << 1)
#define CPUID_8000001F_SEV_ES	  (1u << 3)
#define CPUID_8000001F_SNP	  (1u << 4)
#define CPUID_8000001F_VMPL	  (1u << 5)
#define CPUID_8000001F_RMPQUERY	  (1u << 6)
#define CPUID_8000001F_DEBUG_SWAP (1u << 14)
#define CPUID_8000001F_SVSM	  (1u << 28) // set by an SVSM for its guest, document 58019

// PAGE_INFO.page_type and SNP_LAUNCH_UPDATE page types, document 56860 tables 66 and 67
#define SNP_PAGE_NORMAL	    1
#define SNP_PAGE_VMSA	    2
#define SNP_PAGE_ZERO	    3
#define SNP_PAGE_UNMEASURED 4
#define SNP_PAGE_SECRETS    5
#define SNP_PAGE_CPUID	    6

// One link of the launch digest chain (SHA-384 over this structure)
struct __attribute__((packed)) snp_page_info {
	uint8_t digest_cur[48];
	uint8_t contents[48];
	uint16_t length;
	uint8_t page_type;
	uint8_t imi_page; // bit 0
	uint8_t reserved_064;
	uint8_t vmpl1_perms;
	uint8_t vmpl2_perms;
	uint8_t vmpl3_perms;
	uint64_t gpa;
};
ASSERT_SIZE(struct snp_page_info, 0x70);
ASSERT_OFFSET(struct snp_page_info, length, 0x60);
ASSERT_OFFSET(struct snp_page_info, gpa, 0x68);

#define SNP_VMSA_GPA 0xfffffffff000ull // where the launch digest places VMSA pages under KVM

#endif
