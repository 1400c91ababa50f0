// SPDX-License-Identifier: MIT
// The emulated secure processor. Source: SEV Secure Nested Paging Firmware ABI (AMD document
// 56860). Everything it issues says that it is emulated. Status codes: section 6.1 (table 12).
#ifndef PSP_H
#define PSP_H

#include "machine/base/machine.h"

#define PSP_SUCCESS		0x00
#define PSP_INVALID_GUEST_STATE 0x02
#define PSP_INVALID_PARAM	0x16
#define PSP_INVALID_ADDRESS	0x09
#define PSP_POLICY_FAILURE	0x07
#define PSP_BAD_MEASUREMENT	0x0b
#define PSP_AEAD_OFLOW		0x1d
#define PSP_BAD_SIGNATURE	0x0a

void psp_init(void); // entropy, VMPCKs, test keys
int psp_launch_start(uint64_t policy) __attribute__((warn_unused_result));
// One 4 KiB page whose plaintext the host has put at spa. page_type: SNP_PAGE_*. CPUID pages are
// checked and corrected (on a difference the page is rewritten and PSP_INVALID_PARAM comes back, as
// the firmware does), secrets pages are filled in. Afterwards the page is the guest's.
int psp_launch_update(uint64_t spa, uint64_t gpa, uint8_t page_type)
	__attribute__((warn_unused_result));
// id_block, id_auth: NULL when the IGVM file has none.
int psp_launch_finish(const void *id_block, const void *id_auth, bool auth_key)
	__attribute__((warn_unused_result));
void psp_launch_digest(uint8_t digest[48]);

// SNP_GUEST_REQUEST: request and response are host pages (shared); plain copies made by the
// caller. Returns a PSP status for sw_exit_info_2's firmware half.
int psp_guest_request(const uint8_t request[4096], uint8_t response[4096])
	__attribute__((warn_unused_result));

// What the emulated processor can do: QEMU's processor, less what this machine cannot carry to a
// guest, more what it emulates itself. The host offers its guests a selection of this.
struct cpuid_regs psp_cpuid_silicon(uint32_t leaf, uint32_t sub);
// The firmware's check: the values that the host offers, cut down to what the silicon can do.
struct cpuid_regs psp_cpuid_policy(uint32_t leaf, uint32_t sub, struct cpuid_regs host);

#endif
