// SPDX-License-Identifier: MIT
// RMPQUERY (APM volume 3), which the kernel itself does not need.
#ifndef SUITE_RMPQUERY_H
#define SUITE_RMPQUERY_H

#include "hw/rmp.h"
#include "lib/addr.h"

// VMPL in [7:0], permissions from RMPADJUST_PERM_SHIFT on, RMPADJUST_VMSA
static inline uint64_t rmpquery(vaddr_t va, unsigned int vmpl)
{
	uint64_t rax = vaddr_value(va);
	uint64_t rcx = 0;
	uint64_t rdx = vmpl;

	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xfd"
			 : "+a"(rax), "+c"(rcx), "+d"(rdx)::"memory", "cc");
	return (uint32_t)rax == RMP_SUCCESS ? rdx : ~0ull;
}

static inline uint64_t rmp_rights(unsigned int vmpl, unsigned int permissions)
{
	return vmpl | (uint64_t)permissions << RMPADJUST_PERM_SHIFT;
}

#endif
