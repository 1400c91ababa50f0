// SPDX-License-Identifier: MIT
// Random numbers of the secure processor: RDRAND, which QEMU answers from its computer's entropy.
#include "machine/psp/state.h"

#define CPUID_1_ECX_RDRAND (1u << 30)
#define RDRAND_RETRIES	   1000

static bool rdrand(uint64_t *value)
{
	uint8_t ok = 0;

	__asm__ volatile("rdrand %0; setc %1" : "=r"(*value), "=qm"(ok)::"cc");
	return ok != 0;
}

static bool random_word(uint64_t *value)
{
	if (!(cpuid(1, 0).ecx & CPUID_1_ECX_RDRAND))
		return false;
	for (int i = 0; i < RDRAND_RETRIES; i++) {
		if (rdrand(value))
			return true;
	}
	return false;
}

void psp_random(void *buffer, size_t size)
{
	uint8_t *bytes = buffer;

	while (size > 0) {
		uint64_t word = 0;
		size_t part = MIN(size, sizeof(word));

		if (!random_word(&word)) {
			log_error("secure processor: no random numbers (RDRAND); use -cpu max");
			machine_end(END_BAD_CONFIGURATION);
		}
		memcpy(bytes, &word, part);
		bytes += part;
		size -= part;
	}
}
