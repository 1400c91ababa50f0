// SPDX-License-Identifier: MIT
// The guest's interface to the SVSM. Source: Secure VM Service Module for SEV-SNP Guests, AMD
// document 58019, sections 4 (calling convention), 5 (discovery), 6 (core protocol) and following.
// A request: RAX = protocol << 32 | call, parameters in RCX, RDX, R8, R9; calling area byte 0 = 1;
// then VMGEXIT with "run VMPL 0". The result comes in RAX.
#ifndef ABI_SVSM_H
#define ABI_SVSM_H

#include "hw/assert.h"

// Calling area (CAA): one page of the guest's, one for each vCPU
struct svsm_caa {
	uint8_t call_pending;
	uint8_t mem_available;
	uint8_t no_eoi_required;
	uint8_t reserved_03[5];
	uint8_t buffer[4096 - 8];
};
ASSERT_SIZE(struct svsm_caa, 4096);
ASSERT_OFFSET(struct svsm_caa, buffer, 8);

#define SVSM_PROTOCOL_CORE	 0
#define SVSM_PROTOCOL_ATTEST	 1
#define SVSM_PROTOCOL_VTPM	 2
#define SVSM_PROTOCOL_APIC	 3
#define SVSM_PROTOCOL_UEFI_MM	 4

#define SVSM_CORE_REMAP_CA	 0
#define SVSM_CORE_PVALIDATE	 1
#define SVSM_CORE_CREATE_VCPU	 2
#define SVSM_CORE_DELETE_VCPU	 3
#define SVSM_CORE_DEPOSIT_MEM	 4
#define SVSM_CORE_WITHDRAW_MEM	 5
#define SVSM_CORE_QUERY_PROTOCOL 6
#define SVSM_CORE_CONFIGURE_VTOM 7
// Copra's, from version 2 of the core protocol on (docs/reboot.md)
#define SVSM_CORE_REBOOT	      8
#define SVSM_CORE_REBOOT_QUERY	      9

#define SVSM_SUCCESS		      0x00000000u
#define SVSM_ERR_INCOMPLETE	      0x80000000u
#define SVSM_ERR_UNSUPPORTED_PROTOCOL 0x80000001u
#define SVSM_ERR_UNSUPPORTED_CALL     0x80000002u
#define SVSM_ERR_INVALID_ADDRESS      0x80000003u
#define SVSM_ERR_INVALID_FORMAT	      0x80000004u
#define SVSM_ERR_INVALID_PARAMETER    0x80000005u
#define SVSM_ERR_INVALID_REQUEST      0x80000006u
#define SVSM_ERR_BUSY		      0x80000007u
#define SVSM_ERR_PROTOCOL_BASE	      0x80001000u // + the PVALIDATE or RMPADJUST code for core

// List of SVSM_CORE_PVALIDATE: header, then entries; the whole lies within one page
struct svsm_pvalidate_list {
	uint16_t count;
	uint16_t next;
	uint32_t reserved;
	uint64_t entry[];
};
ASSERT_SIZE(struct svsm_pvalidate_list, 8);
ASSERT_OFFSET(struct svsm_pvalidate_list, entry, 8);
#define SVSM_PVALIDATE_SIZE_MASK 0x003ull // 0 = 4 KiB, 1 = 2 MiB
#define SVSM_PVALIDATE_VALIDATE	 0x004ull
#define SVSM_PVALIDATE_IGNORE_CF 0x008ull
#define SVSM_PVALIDATE_RSVD_MASK 0xff0ull

// SVSM_CORE_REBOOT_QUERY, RCX of the answer. RDX and R8: the GUID, bytes 0 to 7 and 8 to 15
#define SVSM_REBOOT_PROTOCOL_MASK 0x00000000ffffffffull // number of a protocol
#define SVSM_REBOOT_RESETS	  (1ull << 32)		// a reboot resets what it serves
#define SVSM_REBOOT_POSSIBLE	  (1ull << 33)		// the guest can be rebooted
#define SVSM_REBOOT_COUNT_SHIFT	  48			// protocols in all

#define SVSM_GUEST_VMPL		  2

#endif
