// SPDX-License-Identifier: MIT
/*
 * Virtual addresses that only one CPU sees. Every CPU has its own root table: entry 511 (the
 * kernel, abi/boot.h) is shared, entry 510 is this window, at the same address on every CPU and
 * backed by different pages. So per-CPU data needs neither GS nor swapgs, and no CPU can reach
 * another's stacks, GHCB or mappings of guest memory.
 *
 * Page numbers are relative to PERCPU_VA; a page that is not named here is never mapped, and so
 * a guard. Plain macros: usable from assembly and from C.
 */
#ifndef KERNEL_LAYOUT_H
#define KERNEL_LAYOUT_H

#ifdef __ASSEMBLER__
#define PAGE_SIZE 0x1000
#else
#define PAGE_SIZE 0x1000ul // 64 bits wide: so are its products
#endif
#define PAGE_SHIFT     12
#define HUGE_PAGE_SIZE 0x200000

// Tests on the build machine put these ranges where a process has memory.
#ifndef PERCPU_VA
#define PERCPU_VA	  0xffffff0000000000
#define PERCPU_ROOT_INDEX 510
#define KERNEL_ROOT_INDEX 511
#define USER_ROOT_INDEX	  0 // of USER_START to USER_END (user/space.h)
#endif
#define PERCPU_VA_END	    (PERCPU_VA + 0x400000)

#define PERCPU_PAGE(n)	    (PERCPU_VA + (n)*PAGE_SIZE)

#define PERCPU_STRUCT_PAGE  0
#define PERCPU_STRUCT_PAGES 2
#define STACK_MAIN_PAGE	    3
#define STACK_MAIN_PAGES    4
#define STACK_VC_PAGE	    8
#define STACK_VC_PAGES	    2
#define STACK_HV_PAGE	    11
#define STACK_HV_PAGES	    1
#define STACK_DF_PAGE	    13
#define STACK_DF_PAGES	    2
#define STACK_NMI_PAGE	    16
#define STACK_NMI_PAGES	    2
#define GHCB_PAGE	    19
#define DOORBELL_PAGE	    21
#define LOCAL_APIC_PAGE	    23 // kernel/native alone

#define STACK_MAIN_TOP	    PERCPU_PAGE(STACK_MAIN_PAGE + STACK_MAIN_PAGES)
#define STACK_VC_TOP	    PERCPU_PAGE(STACK_VC_PAGE + STACK_VC_PAGES)
#define STACK_HV_TOP	    PERCPU_PAGE(STACK_HV_PAGE + STACK_HV_PAGES)
#define STACK_DF_TOP	    PERCPU_PAGE(STACK_DF_PAGE + STACK_DF_PAGES)
#define STACK_NMI_TOP	    PERCPU_PAGE(STACK_NMI_PAGE + STACK_NMI_PAGES)
#define GHCB_VA		    PERCPU_PAGE(GHCB_PAGE)
#define DOORBELL_VA	    PERCPU_PAGE(DOORBELL_PAGE)
#define LOCAL_APIC_VA	    PERCPU_PAGE(LOCAL_APIC_PAGE)

// Offsets in struct percpu, asserted there; the frame's end is where the processor starts to push
// when it leaves ring 3 (TSS.RSP0), so it is a multiple of 16.
#define PERCPU_USER_FRAME  0x00
#define PERCPU_KERNEL_RSP  0xb0
#define PERCPU_SYSCALL_RAX 0xb8
#define USER_FRAME_VA	   (PERCPU_VA + PERCPU_USER_FRAME)
#define USER_FRAME_END	   (PERCPU_VA + PERCPU_KERNEL_RSP)

// Short-lived mappings of guest memory: 4 KiB slots, and one of 2 MiB
#define TEMP_PAGE    256
#define TEMP_VA	     PERCPU_PAGE(TEMP_PAGE)
#define TEMP_HUGE_VA (PERCPU_VA + HUGE_PAGE_SIZE)

// Interrupt stack table indices (1-based, as IDT entries hold them)
#define IST_VC	1
#define IST_HV	2
#define IST_DF	3
#define IST_NMI 4

// Selectors of the per-CPU GDT. The order code, data, then user data and code is what SYSCALL and
// SYSRET want (APM 2 section 6.1.1).
#define SEL_CODE  0x08
#define SEL_DATA  0x10
#define SEL_UDATA 0x18
#define SEL_UCODE 0x20
#define SEL_TSS	  0x28
#define GDT_COUNT 7

#endif
