// SPDX-License-Identifier: MIT
// SHA-384, SHA-512 and CRC-32 against published vectors and values of another implementation.
#include <string.h>

#include "lib/crc32.h"
#include "lib/sha512.h"
#include "tests/unit/unit.h"

static void assert_hex(const uint8_t *digest, size_t size, const char *hex)
{
	static const char digits[] = "0123456789abcdef";

	assert_int_equal(strlen(hex), 2 * size);
	for (size_t i = 0; i < size; i++) {
		assert_int_equal(hex[2 * i], digits[digest[i] >> 4]);
		assert_int_equal(hex[2 * i + 1], digits[digest[i] & 15]);
	}
}

// FIPS 180-4 examples "abc" and the two-block message; the empty message.
static void published_vectors(void **context)
{
	static const char two_blocks[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
					 "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
	uint8_t digest[SHA512_SIZE];

	(void)context;
	sha384("abc", 3, digest);
	assert_hex(digest, SHA384_SIZE,
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
		"8086072ba1e7cc2358baeca134c825a7");
	sha384(two_blocks, strlen(two_blocks), digest);
	assert_hex(digest, SHA384_SIZE,
		"09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
		"fcc7c71a557e2db966c3e9fa91746039");
	sha512("abc", 3, digest);
	assert_hex(digest, SHA512_SIZE,
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
	sha512("", 0, digest);
	assert_hex(digest, SHA512_SIZE,
		"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
		"47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
}

// Digests of the first n bytes of a pattern, n = 0 .. 599, hashed together: every length of the
// last block. The expected values come from Python's hashlib.
static void every_length(void **context)
{
	uint8_t pattern[600], digest[SHA512_SIZE];
	struct sha512 all384, all512;

	(void)context;
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 7 + 3);
	sha384_init(&all384);
	sha512_init(&all512);
	for (size_t n = 0; n < sizeof(pattern); n++) {
		struct bytes exact = unit_copy(pattern, n);

		sha384(exact.data, n, digest);
		sha512_update(&all384, digest, SHA384_SIZE);
		sha512(exact.data, n, digest);
		sha512_update(&all512, digest, SHA512_SIZE);
		unit_free(exact);
	}
	sha384_final(&all384, digest);
	assert_hex(digest, SHA384_SIZE,
		"ffbad8d97586f8fd68bfca54680ed37d45b4276655556581ea8562094e56fe07"
		"b4591a53f64334245c4800a719eaa05e");
	sha512_final(&all512, digest);
	assert_hex(digest, SHA512_SIZE,
		"3d2f6a6e3cdcb90e2cae9f525747035113d9af24e02a187b53cb92bc2eb256c4"
		"ee8583f33b48079f06f26e805d68c83b3d695b58cf102c4d2fc47d3d76272fa6");
}

static void any_division_of_the_input(void **context)
{
	uint8_t data[2000], whole[SHA384_SIZE], parts[SHA384_SIZE];

	(void)context;
	unit_random_fill(data, sizeof(data));
	sha384(data, sizeof(data), whole);
	for (int i = 0; i < 300; i++) {
		struct sha512 ctx;
		size_t done = 0;

		sha384_init(&ctx);
		while (done < sizeof(data)) {
			size_t part = MIN(unit_random(300), sizeof(data) - done);

			sha512_update(&ctx, data + done, part);
			done += part;
		}
		sha384_final(&ctx, parts);
		assert_memory_equal(parts, whole, sizeof(whole));
		assert_true(bytes_is_zero(bytes_make(&ctx, sizeof(ctx))));
	}
}

static void checksums(void **context)
{
	uint8_t data[256];

	(void)context;
	assert_int_equal(crc32_update(0, "", 0), 0);
	assert_int_equal(crc32_update(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(
		crc32_update(0, "The quick brown fox jumps over the lazy dog", 43), 0x414fa339);
	unit_random_fill(data, sizeof(data));
	for (size_t i = 0; i <= sizeof(data); i++) {
		uint32_t first = crc32_update(0, data, i);

		assert_int_equal(crc32_update(first, data + i, sizeof(data) - i),
			crc32_update(0, data, sizeof(data)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors),
		cmocka_unit_test(every_length),
		cmocka_unit_test(any_division_of_the_input),
		cmocka_unit_test(checksums),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
