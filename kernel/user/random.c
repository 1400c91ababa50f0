// SPDX-License-Identifier: MIT
#include "kernel/user/random.h"

#include "kernel/cpu.h"
#include "kernel/cpuid.h"
#include "lib/secret.h"
#include "lib/string.h"

// RDSEED fails while its source is empty, which passes; many CPUs may ask at once.
#define RANDOM_TRIES 10000

static bool has_rdseed(void)
{
	const struct snp_cpuid_entry *leaf = cpuid_find(CPUID_LEAF_EXTENDED, 0);

	return leaf != NULL && (leaf->ebx & CPUID_7_EBX_RDSEED) != 0;
}

static bool random_word(uint64_t *word)
{
	uint64_t seed = 0;
	uint64_t value = 0;
	bool done = !has_rdseed();

	for (unsigned int i = 0; i < RANDOM_TRIES && !done; i++) {
		done = cpu_rdseed(&seed);
		if (!done)
			cpu_pause();
	}
	for (unsigned int i = 0; i < RANDOM_TRIES && done; i++) {
		if (cpu_rdrand(&value)) {
			// Both come from one source; together they are no worse than either.
			*word = seed ^ value;
			return true;
		}
		cpu_pause();
	}
	return false;
}

bool random_bytes(uint8_t *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		uint64_t word = 0;
		size_t piece = MIN(size - done, sizeof(word));

		if (!random_word(&word)) {
			mem_wipe(bytes, size);
			return false;
		}
		memcpy(bytes + done, &word, piece);
		done += piece;
	}
	return true;
}
