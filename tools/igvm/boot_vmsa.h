// SPDX-License-Identifier: MIT
// How the first vCPU starts, as measured.
#ifndef TOOLS_IGVM_BOOT_VMSA_H
#define TOOLS_IGVM_BOOT_VMSA_H

#include "hw/vmsa.h"
#include "tools/igvm/region.h"

// Flat 32-bit protected mode, paging off; the rest as after reset.
void boot_vmsa_make(const struct region *region, struct vmsa *vmsa);

#endif
