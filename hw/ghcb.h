// SPDX-License-Identifier: MIT
// Guest-hypervisor communication block and MSR protocol. Source: AMD document 56421 (GHCB
// standardization), version 2.04: section 2.3 (MSR protocol), 2.5 and table 3 (layout), section 4
// (exits). The layout mirrors the VMSA; the bitmap says which fields are valid, bit = offset / 8.
#ifndef HW_GHCB_H
#define HW_GHCB_H

#include "hw/assert.h"

#define GHCB_SHARED_BUFFER_SIZE 0x7f0

struct __attribute__((packed)) ghcb {
	uint8_t reserved_000[0xcb];
	uint8_t cpl;
	uint8_t reserved_0cc[0x140 - 0xcc];
	uint64_t xss;
	uint8_t reserved_148[0x160 - 0x148];
	uint64_t dr7;
	uint8_t reserved_168[0x178 - 0x168];
	uint64_t rip;
	uint8_t reserved_180[0x1d8 - 0x180];
	uint64_t rsp;
	uint8_t reserved_1e0[0x1f8 - 0x1e0];
	uint64_t rax;
	uint8_t reserved_200[0x308 - 0x200];
	uint64_t rcx;
	uint64_t rdx;
	uint64_t rbx;
	uint64_t reserved_320;
	uint64_t rbp;
	uint64_t rsi;
	uint64_t rdi;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint8_t reserved_380[0x390 - 0x380];
	uint64_t sw_exit_code;
	uint64_t sw_exit_info_1;
	uint64_t sw_exit_info_2;
	uint64_t sw_scratch;
	uint8_t reserved_3b0[0x3e8 - 0x3b0];
	uint64_t xcr0;
	uint8_t valid_bitmap[16];
	uint64_t x87_state_gpa;
	uint8_t reserved_408[0x800 - 0x408];
	uint8_t shared_buffer[GHCB_SHARED_BUFFER_SIZE];
	uint8_t reserved_ff0[0xffa - 0xff0];
	uint16_t protocol_version;
	uint32_t usage;
};
ASSERT_SIZE(struct ghcb, 4096);
ASSERT_OFFSET(struct ghcb, cpl, 0xcb);
ASSERT_OFFSET(struct ghcb, xss, 0x140);
ASSERT_OFFSET(struct ghcb, rax, 0x1f8);
ASSERT_OFFSET(struct ghcb, rcx, 0x308);
ASSERT_OFFSET(struct ghcb, rbx, 0x318);
ASSERT_OFFSET(struct ghcb, sw_exit_code, 0x390);
ASSERT_OFFSET(struct ghcb, sw_scratch, 0x3a8);
ASSERT_OFFSET(struct ghcb, xcr0, 0x3e8);
ASSERT_OFFSET(struct ghcb, valid_bitmap, 0x3f0);
ASSERT_OFFSET(struct ghcb, shared_buffer, 0x800);
ASSERT_OFFSET(struct ghcb, protocol_version, 0xffa);
ASSERT_OFFSET(struct ghcb, usage, 0xffc);

#define GHCB_VERSION_MIN 1
#define GHCB_VERSION_MAX 2

// MSR protocol: request and response codes in bits [11:0]
#define GHCB_MSR_INFO_MASK	    0xfffull
#define GHCB_MSR_SEV_INFO_RESP	    0x001 // also the value after reset
#define GHCB_MSR_SEV_INFO_REQ	    0x002
#define GHCB_MSR_CPUID_REQ	    0x004 // [31:30] register 0..3 = EAX..EDX, [63:32] function
#define GHCB_MSR_CPUID_RESP	    0x005
#define GHCB_MSR_AP_RESET_HOLD_REQ  0x006
#define GHCB_MSR_AP_RESET_HOLD_RESP 0x007
#define GHCB_MSR_PREF_GPA_REQ	    0x010
#define GHCB_MSR_PREF_GPA_RESP	    0x011
#define GHCB_MSR_REGISTER_REQ	    0x012
#define GHCB_MSR_REGISTER_RESP	    0x013
#define GHCB_MSR_PSC_REQ	    0x014 // [51:12] page number, [55:52] operation
#define GHCB_MSR_PSC_RESP	    0x015 // [63:32] error code, 0 = done
#define GHCB_MSR_RUN_VMPL_REQ	    0x016 // [39:32] VMPL
#define GHCB_MSR_RUN_VMPL_RESP	    0x017 // [63:32] error code, 0 = done
#define GHCB_MSR_HV_FEATURES_REQ    0x080
#define GHCB_MSR_HV_FEATURES_RESP   0x081 // [63:12] features
#define GHCB_MSR_TERMINATE_REQ	    0x100 // [15:12] reason set, [23:16] reason code

// Hypervisor features, document 56421 section 4.1.13
#define GHCB_HV_SNP			   (1ull << 0)
#define GHCB_HV_AP_CREATION		   (1ull << 1)
#define GHCB_HV_RESTRICTED_INJECTION	   (1ull << 2) // doorbell page
#define GHCB_HV_RESTRICTED_INJECTION_TIMER (1ull << 3)
#define GHCB_HV_APIC_ID_LIST		   (1ull << 4)
#define GHCB_HV_MULTI_VMPL		   (1ull << 5)
#define GHCB_HV_PSC_EXT			   (1ull << 6)

// sw_exit_code values that are not VMEXIT codes
#define GHCB_EXIT_MMIO_READ	    0x80000001ull
#define GHCB_EXIT_MMIO_WRITE	    0x80000002ull
#define GHCB_EXIT_NMI_COMPLETE	    0x80000003ull
#define GHCB_EXIT_AP_RESET_HOLD	    0x80000004ull
#define GHCB_EXIT_AP_JUMP_TABLE	    0x80000005ull
#define GHCB_EXIT_PSC		    0x80000010ull
#define GHCB_EXIT_GUEST_REQUEST	    0x80000011ull
#define GHCB_EXIT_EXT_GUEST_REQUEST 0x80000012ull
#define GHCB_EXIT_AP_CREATION	    0x80000013ull
#define GHCB_EXIT_HV_DOORBELL	    0x80000014ull
#define GHCB_EXIT_HV_IPI	    0x80000015ull
#define GHCB_EXIT_HV_TIMER	    0x80000016ull
#define GHCB_EXIT_APIC_ID_LIST	    0x80000017ull
#define GHCB_EXIT_RUN_VMPL	    0x80000018ull
#define GHCB_EXIT_SAVIC		    0x8000001aull
#define GHCB_EXIT_CONFIGURE_INT_INJ 0x8000001bull
#define GHCB_EXIT_DISABLE_ALT_INJ   0x8000001cull
#define GHCB_EXIT_SPECIFIC_EOI	    0x8000001dull
#define GHCB_EXIT_HV_FEATURES	    0x8000fffdull
#define GHCB_EXIT_TERMINATE	    0x8000fffeull
#define GHCB_EXIT_UNSUPPORTED	    0x8000ffffull

// sw_exit_info_1 after an exit: low 32 bits
#define GHCB_RESULT_OK		      0
#define GHCB_RESULT_EXCEPTION	      1 // sw_exit_info_2 = EVENTINJ layout
#define GHCB_RESULT_MALFORMED	      2 // sw_exit_info_2 = one of GHCB_ERR_*

#define GHCB_ERR_NOT_REGISTERED	      1
#define GHCB_ERR_INVALID_USAGE	      2
#define GHCB_ERR_INVALID_SCRATCH_AREA 3
#define GHCB_ERR_MISSING_INPUT	      4
#define GHCB_ERR_INVALID_INPUT	      5
#define GHCB_ERR_INVALID_EVENT	      6

// Page state change, section 4.1.6: header then up to 253 entries
#define PSC_ENTRIES_MAX 253
#define PSC_OP_PRIVATE	1
#define PSC_OP_SHARED	2
#define PSC_OP_PSMASH	3
#define PSC_OP_UNSMASH	4
struct psc_header {
	uint16_t cur_entry;
	uint16_t end_entry; // index of the last entry
	uint32_t reserved;
};
ASSERT_SIZE(struct psc_header, 8);
ASSERT_OFFSET(struct psc_header, end_entry, 2);
#define PSC_ENTRY_CUR_MASK	 0x0000000000000fffull
#define PSC_ENTRY_GFN_SHIFT	 12
#define PSC_ENTRY_GFN_MASK	 0x000ffffffffff000ull
#define PSC_ENTRY_OP_SHIFT	 52
#define PSC_ENTRY_OP_MASK	 0x00f0000000000000ull
#define PSC_ENTRY_2M		 0x0100000000000000ull
#define PSC_ENTRY_RSVD_MASK	 0xfe00000000000000ull
#define PSC_ERROR_INVALID_HEADER 0x0000000100000001ull
#define PSC_ERROR_INVALID_ENTRY	 0x0000000100000002ull
#define PSC_ERROR_GENERIC	 0x0000010000000000ull

// SNP AP creation, section 4.1.9: sw_exit_info_1 = APIC id [63:32], VMPL [19:16], request [15:0];
// sw_exit_info_2 = VMSA guest-physical address; rax = SEV_FEATURES
#define AP_CREATE_ON_INIT 0
#define AP_CREATE	  1
#define AP_DESTROY	  2

// #HV doorbell page, section 6 (restricted injection): one page, the first 64 bytes defined
struct __attribute__((packed)) hv_doorbell {
	uint8_t vector; // pending interrupt vector, 0 = none
	uint8_t flags;	// HV_DOORBELL_*
	uint8_t no_eoi_required;
	uint8_t reserved_03[61];
	uint8_t reserved_40[0x1000 - 64];
};
ASSERT_SIZE(struct hv_doorbell, 4096);
#define HV_DOORBELL_NMI		      0x01
#define HV_DOORBELL_MCE		      0x02
#define HV_DOORBELL_NO_FURTHER_SIGNAL 0x80
// requests of GHCB_EXIT_HV_DOORBELL (sw_exit_info_1)
#define HV_DOORBELL_GET_PREFERRED 0
#define HV_DOORBELL_SET		  1
#define HV_DOORBELL_QUERY	  2
#define HV_DOORBELL_CLEAR	  3

#endif
