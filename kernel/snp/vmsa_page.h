// SPDX-License-Identifier: MIT
/*
 * Pages for the VMSAs that are the kernel's: of its other CPUs, and of the guest's first vCPU. Who
 * writes to a VMSA makes its CPU run anything, at VMPL0 if it is the kernel's own. So these pages
 * are in no mapping but that of a slot (tempmap.h), while one is filled.
 */
#ifndef KERNEL_SNP_VMSA_PAGE_H
#define KERNEL_SNP_VMSA_PAGE_H

#include "hw/vmsa.h"
#include "kernel/error.h"
#include "lib/addr.h"

// Takes them out of the heap and the shared tables, while the boot CPU runs alone: later another
// CPU could keep a translation.
MUST_USE enum error vmsa_pages_prepare(uint32_t cpu_count);

// Of a CPU of the kernel's, by its index; 0, the boot CPU, whose VMSA is the builder's: of the
// guest's first vCPU.
gpa_t vmsa_page(uint32_t index);

// A zeroed page for a VMSA. Never on a 2 MiB boundary: some processors cannot run those. NULL: no
// memory.
MUST_USE struct vmsa *vmsa_page_alloc(void);

#endif
