// SPDX-License-Identifier: MIT
#include "lib/crc32.h"

#define POLYNOMIAL 0xedb88320u

// Four bits at a time: a table of 16 entries is small enough for the measured kernel image.
static uint32_t nibble_step(uint32_t crc)
{
	for (int bit = 0; bit < 4; bit++)
		crc = (crc >> 1) ^ ((crc & 1) != 0 ? POLYNOMIAL : 0);
	return crc;
}

uint32_t crc32_update(uint32_t crc, const void *data, size_t size)
{
	const uint8_t *p = data;
	uint32_t table[16] = {0};

	for (uint32_t i = 0; i < ARRAY_SIZE(table); i++)
		table[i] = nibble_step(i);
	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= p[i];
		crc = (crc >> 4) ^ table[crc & 15];
		crc = (crc >> 4) ^ table[crc & 15];
	}
	return ~crc;
}
