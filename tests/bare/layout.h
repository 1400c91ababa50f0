/* SPDX-License-Identifier: MIT */
/*
 * Address space of the bare-metal tests, 4-level tables made by entry.S. Plain macros: usable from
 * assembly and from C. BARE_IMAGE_GPA (from the build) is where VA BARE_IMAGE_VA lies.
 *
 *	0 .. 4 GiB              private view, VA == GPA (C-bit set)
 *	512 GiB .. 516 GiB      shared view of the same GPAs (no C-bit)
 *	BARE_IMAGE_VA ..        the image, private
 */
#ifndef BARE_LAYOUT_H
#define BARE_LAYOUT_H

#define BARE_IMAGE_VA	0xffffffff80000000
#define BARE_SHARED_VA	0x8000000000
#define BARE_VIEW_GIB	4

#define BARE_CPUS_MAX	8
#define BARE_STACK_SIZE 0x2000

#define BARE_SEL_CODE	0x08
#define BARE_SEL_DATA	0x10
#define BARE_SEL_CODE32 0x18
#define BARE_SEL_UDATA	0x20
#define BARE_SEL_UCODE	0x28
#define BARE_SEL_TSS	0x30

#endif
