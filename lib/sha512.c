// SPDX-License-Identifier: MIT
#include "lib/sha512.h"

#include "lib/secret.h"
#include "lib/string.h"

// FIPS 180-4 section 4.2.3: fractions of the cube roots of the first 80 primes.
static const uint64_t round_constants[80] = {
	0x428a2f98d728ae22,
	0x7137449123ef65cd,
	0xb5c0fbcfec4d3b2f,
	0xe9b5dba58189dbbc,
	0x3956c25bf348b538,
	0x59f111f1b605d019,
	0x923f82a4af194f9b,
	0xab1c5ed5da6d8118,
	0xd807aa98a3030242,
	0x12835b0145706fbe,
	0x243185be4ee4b28c,
	0x550c7dc3d5ffb4e2,
	0x72be5d74f27b896f,
	0x80deb1fe3b1696b1,
	0x9bdc06a725c71235,
	0xc19bf174cf692694,
	0xe49b69c19ef14ad2,
	0xefbe4786384f25e3,
	0x0fc19dc68b8cd5b5,
	0x240ca1cc77ac9c65,
	0x2de92c6f592b0275,
	0x4a7484aa6ea6e483,
	0x5cb0a9dcbd41fbd4,
	0x76f988da831153b5,
	0x983e5152ee66dfab,
	0xa831c66d2db43210,
	0xb00327c898fb213f,
	0xbf597fc7beef0ee4,
	0xc6e00bf33da88fc2,
	0xd5a79147930aa725,
	0x06ca6351e003826f,
	0x142929670a0e6e70,
	0x27b70a8546d22ffc,
	0x2e1b21385c26c926,
	0x4d2c6dfc5ac42aed,
	0x53380d139d95b3df,
	0x650a73548baf63de,
	0x766a0abb3c77b2a8,
	0x81c2c92e47edaee6,
	0x92722c851482353b,
	0xa2bfe8a14cf10364,
	0xa81a664bbc423001,
	0xc24b8b70d0f89791,
	0xc76c51a30654be30,
	0xd192e819d6ef5218,
	0xd69906245565a910,
	0xf40e35855771202a,
	0x106aa07032bbd1b8,
	0x19a4c116b8d2d0c8,
	0x1e376c085141ab53,
	0x2748774cdf8eeb99,
	0x34b0bcb5e19b48a8,
	0x391c0cb3c5c95a63,
	0x4ed8aa4ae3418acb,
	0x5b9cca4f7763e373,
	0x682e6ff3d6b2b8a3,
	0x748f82ee5defb2fc,
	0x78a5636f43172f60,
	0x84c87814a1f0ab72,
	0x8cc702081a6439ec,
	0x90befffa23631e28,
	0xa4506cebde82bde9,
	0xbef9a3f7b2c67915,
	0xc67178f2e372532b,
	0xca273eceea26619c,
	0xd186b8c721c0c207,
	0xeada7dd6cde0eb1e,
	0xf57d4f7fee6ed178,
	0x06f067aa72176fba,
	0x0a637dc5a2c898a6,
	0x113f9804bef90dae,
	0x1b710b35131c471b,
	0x28db77f523047d84,
	0x32caab7b40c72493,
	0x3c9ebe0a15c9bebc,
	0x431d67c49c100d4c,
	0x4cc5d4becb3e42b6,
	0x597f299cfc657e2a,
	0x5fcb6fab3ad6faec,
	0x6c44198c4a475817,
};

// Section 5.3.5: fractions of the square roots of the first 8 primes.
static const uint64_t start_512[8] = {
	0x6a09e667f3bcc908,
	0xbb67ae8584caa73b,
	0x3c6ef372fe94f82b,
	0xa54ff53a5f1d36f1,
	0x510e527fade682d1,
	0x9b05688c2b3e6c1f,
	0x1f83d9abfb41bd6b,
	0x5be0cd19137e2179,
};

// Section 5.3.4: of the ninth to the sixteenth prime.
static const uint64_t start_384[8] = {
	0xcbbb9d5dc1059ed8,
	0x629a292a367cd507,
	0x9159015a3070dd17,
	0x152fecd8f70e5939,
	0x67332667ffc00b31,
	0x8eb44a8768581511,
	0xdb0c2e0d64f98fa7,
	0x47b5481dbefa4fa4,
};

static uint64_t rotate(uint64_t x, unsigned int n)
{
	return (x >> n) | (x << (64 - n));
}

static uint64_t load_be64(const uint8_t *p)
{
	uint64_t x = 0;

	memcpy(&x, p, sizeof(x));
	return __builtin_bswap64(x);
}

static void store_be64(uint8_t *p, uint64_t x)
{
	x = __builtin_bswap64(x);
	memcpy(p, &x, sizeof(x));
}

static uint64_t schedule(const uint64_t w[16], unsigned int t)
{
	uint64_t w2 = w[(t - 2) & 15];
	uint64_t w15 = w[(t - 15) & 15];
	uint64_t s1 = rotate(w2, 19) ^ rotate(w2, 61) ^ (w2 >> 6);
	uint64_t s0 = rotate(w15, 1) ^ rotate(w15, 8) ^ (w15 >> 7);

	return s1 + w[(t - 7) & 15] + s0 + w[t & 15];
}

// One round, section 6.4.2 step 3: v holds a .. h, shifted by one place each round, so that no
// value moves.
static void round_step(uint64_t v[8], unsigned int t, uint64_t w)
{
	uint64_t a = v[(0 - t) & 7];
	uint64_t b = v[(1 - t) & 7];
	uint64_t c = v[(2 - t) & 7];
	uint64_t e = v[(4 - t) & 7];
	uint64_t f = v[(5 - t) & 7];
	uint64_t g = v[(6 - t) & 7];
	uint64_t t1 = v[(7 - t) & 7] + (rotate(e, 14) ^ rotate(e, 18) ^ rotate(e, 41)) +
		      ((e & f) ^ (~e & g)) + round_constants[t] + w;
	uint64_t t2 =
		(rotate(a, 28) ^ rotate(a, 34) ^ rotate(a, 39)) + ((a & b) ^ (a & c) ^ (b & c));

	v[(3 - t) & 7] += t1;
	v[(7 - t) & 7] = t1 + t2;
}

static void compress(struct sha512 *ctx, const uint8_t *block)
{
	uint64_t w[16] = {0};
	uint64_t v[8] = {0};

	memcpy(v, ctx->state, sizeof(v));
	for (unsigned int t = 0; t < 80; t++) {
		w[t & 15] = t < 16 ? load_be64(block + sizeof(uint64_t) * t) : schedule(w, t);
		round_step(v, t, w[t & 15]);
	}
	for (int i = 0; i < 8; i++)
		ctx->state[i] += v[i];
}

static void start(struct sha512 *ctx, const uint64_t state[8])
{
	memset(ctx, 0, sizeof(*ctx));
	memcpy(ctx->state, state, sizeof(ctx->state));
}

void sha384_init(struct sha512 *ctx)
{
	start(ctx, start_384);
}

void sha512_init(struct sha512 *ctx)
{
	start(ctx, start_512);
}

void sha512_update(struct sha512 *ctx, const void *data, size_t size)
{
	const uint8_t *p = data;
	size_t used = ctx->size % SHA512_BLOCK_SIZE;

	ctx->size += size;
	while (size > 0) {
		size_t part = MIN(size, SHA512_BLOCK_SIZE - used);

		if (part == SHA512_BLOCK_SIZE) {
			compress(ctx, p);
		} else {
			memcpy(ctx->block + used, p, part);
			used += part;
			if (used == SHA512_BLOCK_SIZE)
				compress(ctx, ctx->block);
			used %= SHA512_BLOCK_SIZE;
		}
		p += part;
		size -= part;
	}
}

// Section 5.1.2: a one bit, zeros, and the length in bits as a 128-bit number.
static void finish(struct sha512 *ctx)
{
	uint64_t size = ctx->size;
	size_t used = size % SHA512_BLOCK_SIZE;
	uint8_t padding[2 * SHA512_BLOCK_SIZE] = {0x80};
	size_t padded = (used < 112 ? SHA512_BLOCK_SIZE : 2 * SHA512_BLOCK_SIZE) - used;

	store_be64(padding + padded - 16, size >> 61);
	store_be64(padding + padded - 8, size << 3);
	sha512_update(ctx, padding, padded);
}

static void output(struct sha512 *ctx, uint8_t *digest, size_t size)
{
	finish(ctx);
	for (size_t i = 0; i < size / 8; i++)
		store_be64(digest + 8 * i, ctx->state[i]);
	mem_wipe(ctx, sizeof(*ctx));
}

void sha384_final(struct sha512 *ctx, uint8_t digest[SHA384_SIZE])
{
	output(ctx, digest, SHA384_SIZE);
}

void sha512_final(struct sha512 *ctx, uint8_t digest[SHA512_SIZE])
{
	output(ctx, digest, SHA512_SIZE);
}

void sha384(const void *data, size_t size, uint8_t digest[SHA384_SIZE])
{
	struct sha512 ctx;

	sha384_init(&ctx);
	sha512_update(&ctx, data, size);
	sha384_final(&ctx, digest);
}

void sha512(const void *data, size_t size, uint8_t digest[SHA512_SIZE])
{
	struct sha512 ctx;

	sha512_init(&ctx);
	sha512_update(&ctx, data, size);
	sha512_final(&ctx, digest);
}
