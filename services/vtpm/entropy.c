// SPDX-License-Identifier: MIT
/*
 * libtpms takes the TPM's entropy from _plat__GetEntropy(), whose own version goes on with rand()
 * seeded by time and process number when OpenSSL has none. This one takes its place in the link
 * and fails instead. OpenSSL in turn, which draws nonces and blinding values, is given a generator
 * that asks the kernel each time: it would otherwise read files and watch for forks.
 */
#define OPENSSL_API_COMPAT 0x10100000L // RAND_METHOD is of OpenSSL 1.1

#include "services/vtpm/entropy.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "services/lib/service.h"
#include "services/vtpm/tpm.h"

int32_t _plat__GetEntropy(unsigned char *entropy, uint32_t amount);

static bool entropy_get(void *buffer, size_t size)
{
	if (service_random(buffer, size))
		return true;
	tpm_fail("no entropy");
	return false;
}

// Called with 0 at each start of the TPM, and then for bytes. -1 is "the source is broken".
int32_t _plat__GetEntropy(unsigned char *entropy, uint32_t amount)
{
	return amount == 0 || entropy_get(entropy, amount) ? (int32_t)amount : -1;
}

static int random_bytes(unsigned char *buffer, int size)
{
	return size >= 0 && entropy_get(buffer, (size_t)size) ? 1 : 0;
}

static int random_status(void)
{
	return 1;
}

bool entropy_set_up(void)
{
	static const RAND_METHOD kernel = {
		.bytes = random_bytes,
		.pseudorand = random_bytes,
		.status = random_status,
	};
	uint8_t probe[32];

	// There is no configuration file to read, and nothing to tidy up at the end.
	return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) ==
		       1 &&
	       RAND_set_rand_method(&kernel) == 1 && entropy_get(probe, sizeof(probe));
}
