// SPDX-License-Identifier: MIT
#include "machine/cpu/scramble.h"
#include "machine/base/machine.h"

static uint64_t key;

void scramble_init(void)
{
	key = rdtsc() * 0xd1342543de82ef95ull | 1;
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

// Four words of key stream a page: enough that no content survives, and few enough for registers.
void scramble_page(uint64_t spa)
{
	uint64_t *word = spa_ptr(spa & PAGE_MASK), *end = word + PAGE_SIZE / sizeof(*word);
	uint64_t a = mix((spa >> PAGE_SHIFT) ^ key), b = mix(a), c = mix(b), d = mix(c);

	for (; word < end; word += 4) {
		word[0] ^= a;
		word[1] ^= b;
		word[2] ^= c;
		word[3] ^= d;
	}
}
