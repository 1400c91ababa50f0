// SPDX-License-Identifier: MIT
// Where data lies (kernel.ld).
#ifndef KERNEL_SECTION_H
#define KERNEL_SECTION_H

// Written while the boot CPU starts, read-only from pagetable_seal on.
#define RO_AFTER_INIT __attribute__((section(".data.ro_after_init")))

// Whole pages, aligned.
#define PAGE_ALIGNED_BSS __attribute__((section(".bss.page_aligned"), aligned(4096)))

#endif
