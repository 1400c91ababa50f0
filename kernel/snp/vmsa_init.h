// SPDX-License-Identifier: MIT
// First contents of VMSA pages.
#ifndef KERNEL_SNP_VMSA_INIT_H
#define KERNEL_SNP_VMSA_INIT_H

#include "hw/vmsa.h"
#include "lib/addr.h"

// Reset state at the guest's VMPL, starting at this address below 4 GiB.
void vmsa_init_guest(struct vmsa *vmsa, uint64_t reset_vector);

// A CPU of the kernel: 64-bit mode, entering cpu_main on these tables.
void vmsa_init_kernel(struct vmsa *vmsa, gpa_t root);

#endif
