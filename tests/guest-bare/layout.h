/* SPDX-License-Identifier: MIT */
/* Guest-physical memory of the test guest. The first part stands in its SEV metadata (reset.S). */
#ifndef GUEST_LAYOUT_H
#define GUEST_LAYOUT_H

#define GUEST_IMAGE_SIZE 0x60000 /* ends at 4 GiB */

/* Validated when it starts */
#define GUEST_MEMORY_GPA   0x800000
#define GUEST_MEMORY_SIZE  0xd000
#define GUEST_SECRETS_GPA  0x80d000
#define GUEST_CPUID_GPA	   0x80e000
#define GUEST_CAA_GPA	   0x80f000
#define GUEST_MEMORY2_GPA  0x810000
#define GUEST_MEMORY2_SIZE 0x30000
#define GUEST_PARAMS_GPA   0x840000
#define GUEST_MAP_SIZE	   192
#define GUEST_COUNT_SIZE   16

#endif
