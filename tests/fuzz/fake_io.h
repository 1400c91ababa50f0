// SPDX-License-Identifier: MIT
// In the place of machine/base/io.h, included before everything else (-include): ports and CPUID
// are the target's own functions.
#ifndef MACHINE_IO_H
#define MACHINE_IO_H

#include <stdint.h>

struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

uint8_t inb(uint16_t port);
void outb(uint16_t port, uint8_t v);
struct cpuid_regs cpuid(uint32_t leaf, uint32_t sub);
uint64_t rdtsc(void);

#endif
