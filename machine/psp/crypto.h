// SPDX-License-Identifier: MIT
// Calls into BearSSL. The library is ordinary user-space code and uses XMM registers, which hold
// the running guest's values while the machine works: they are saved for the length of a call. (Its
// stack protector reads FS:0x28, as the machine's own code does.)
#ifndef PSP_CRYPTO_H
#define PSP_CRYPTO_H

#include <stdint.h>

struct psp_crypto {
	_Alignas(16) uint8_t fxsave[512];
};

// FXSAVE covers all that the library touches: its SSE instructions leave the upper halves of YMM
// alone. Unlike XSAVE it does not depend on the guest's XCR0, which stays in the register.
static inline void psp_crypto_begin(struct psp_crypto *save)
{
	__asm__ volatile("fxsave64 %0" : "=m"(save->fxsave)::"memory");
}

static inline void psp_crypto_end(const struct psp_crypto *save)
{
	__asm__ volatile("fxrstor64 %0" ::"m"(save->fxsave) : "memory");
}

#endif
