// SPDX-License-Identifier: MIT
// Ports, device registers and MSRs, each by the instruction, once. Sizes are checked already
// (kernel/platform.c). A fault is an error: ERR_INVALID_ADDRESS for registers, ERR_HOST for MSRs.
#ifndef KERNEL_NATIVE_ACCESS_H
#define KERNEL_NATIVE_ACCESS_H

#include "kernel/error.h"
#include "lib/addr.h"

MUST_USE enum error native_port_read(uint16_t port, unsigned int size, uint32_t *value);
MUST_USE enum error native_port_write(uint16_t port, unsigned int size, uint32_t value);

MUST_USE enum error native_mmio_read(vaddr_t va, unsigned int size, uint64_t *value);
MUST_USE enum error native_mmio_write(vaddr_t va, unsigned int size, uint64_t value);

MUST_USE enum error native_msr_read(uint32_t msr, uint64_t *value);
MUST_USE enum error native_msr_write(uint32_t msr, uint64_t value);

#endif
