// SPDX-License-Identifier: MIT
// Memory-mapped devices by GHCB exits (document 56421, sections 4.1.3 and 4.1.4).
#ifndef KERNEL_SNP_MMIO_H
#define KERNEL_SNP_MMIO_H

#include "kernel/error.h"
#include "lib/addr.h"

// va is translated by the running CPU's tables and must be mapped shared: private memory is never
// a device, and its address is nobody's business. ERR_INVALID_ADDRESS: it is not.
MUST_USE enum error snp_mmio_read(vaddr_t va, unsigned int size, uint64_t *value);
MUST_USE enum error snp_mmio_write(vaddr_t va, unsigned int size, uint64_t value);

#endif
