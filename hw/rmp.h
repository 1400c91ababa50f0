// SPDX-License-Identifier: MIT
// PVALIDATE, RMPADJUST and RMPQUERY: page sizes, permissions and result codes (EAX). Source: APM
// volume 3 (instruction pages) and volume 2 section 15.36. Rules in docs/machine.md.
#ifndef HW_RMP_H
#define HW_RMP_H

#define RMP_PAGE_4K	      0
#define RMP_PAGE_2M	      1

#define RMP_SUCCESS	      0
#define RMP_FAIL_INPUT	      1
#define RMP_FAIL_PERMISSION   2
#define RMP_FAIL_INUSE	      3
#define RMP_FAIL_OVERLAP      4
#define RMP_FAIL_SIZEMISMATCH 6
// Software code for "PVALIDATE succeeded and changed nothing" (carry flag set), as the SVSM
// specification numbers it
#define PVALIDATE_FAIL_UNCHANGED 0x10

// RMPADJUST RDX: target VMPL in [7:0], permissions in [15:8], VMSA in bit 16
#define RMPADJUST_PERM_SHIFT 8
#define RMPADJUST_VMSA	     (1ull << 16)

#define RMP_PERM_R	     0x1  // read
#define RMP_PERM_W	     0x2  // write
#define RMP_PERM_XU	     0x4  // execute at CPL 3
#define RMP_PERM_XS	     0x8  // execute at CPL 0..2
#define RMP_PERM_SSS	     0x10 // supervisor shadow stack
#define RMP_PERM_RWX	     0xf

#define VMPL_COUNT	     4

#endif
