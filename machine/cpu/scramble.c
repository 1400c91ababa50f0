// SPDX-License-Identifier: MIT
#include "machine/cpu/scramble.h"
#include "machine/base/machine.h"

static uint64_t key;

void scramble_init(void)
{
	key = rdtsc() * 0xd1342543de82ef95ull | 1;
}

void scramble_page(uint64_t spa)
{
	uint64_t *word = spa_ptr(spa & PAGE_MASK);
	uint64_t state = (spa >> PAGE_SHIFT) * 0x9e3779b97f4a7c15ull ^ key;

	for (unsigned i = 0; i < PAGE_SIZE / 8; i++) {
		state = state * 6364136223846793005ull + 1442695040888963407ull;
		word[i] ^= state;
	}
}
