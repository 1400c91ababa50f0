// SPDX-License-Identifier: MIT
// SHA-512 and SHA-384 (FIPS 180-4, sections 5 and 6). General registers only.
#ifndef LIB_SHA512_H
#define LIB_SHA512_H

#include "lib/util.h"

#define SHA384_SIZE	  48
#define SHA512_SIZE	  64
#define SHA512_BLOCK_SIZE 128

// The same context serves both; only the start values differ.
struct sha512 {
	uint64_t state[8];
	uint64_t size; // bytes so far; messages below 2^61 bytes
	uint8_t block[SHA512_BLOCK_SIZE];
};

void sha384_init(struct sha512 *ctx);
void sha512_init(struct sha512 *ctx);
void sha512_update(struct sha512 *ctx, const void *data, size_t size);

// Writes the digest and wipes the context.
void sha384_final(struct sha512 *ctx, uint8_t digest[SHA384_SIZE]);
void sha512_final(struct sha512 *ctx, uint8_t digest[SHA512_SIZE]);

void sha384(const void *data, size_t size, uint8_t digest[SHA384_SIZE]);
void sha512(const void *data, size_t size, uint8_t digest[SHA512_SIZE]);

#endif
