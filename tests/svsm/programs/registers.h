// SPDX-License-Identifier: MIT
// x87, SSE and AVX registers of the test service, all at once (registers.S).
#ifndef SUITE_REGISTERS_H
#define SUITE_REGISTERS_H

#include <stdint.h>

// Offsets in the area of FXSAVE: APM 2 section 11.5.4
#define FX_FCW	  0
#define FX_FTW	  4 // abridged: a bit for each register that is in use
#define FX_MXCSR  24
#define FX_ST(i)  (32 + 16 * (i)) // ten bytes
#define FX_XMM(i) (160 + 16 * (i))

struct registers {
	_Alignas(16) uint8_t fx[512];
	uint8_t high[16][16]; // upper halves of YMM0 to YMM15
};
_Static_assert(sizeof(struct registers) == 768, "registers.S");

// Loads them, keeps them for so many turns without a system call, and stores them there; 0 turns:
// stores those that are there. avx: the upper halves too. They stay loaded.
void registers_keep(struct registers *registers, uint64_t turns, uint64_t avx);

#endif
