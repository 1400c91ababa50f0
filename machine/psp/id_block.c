// SPDX-License-Identifier: MIT
// ID block: what the guest's owner signed about the guest. Source: AMD document 56860,
// section 8.18.
#include <bearssl.h>

#include "machine/psp/crypto.h"
#include "machine/psp/state.h"

#define P384_SIZE 48

// Little-endian with zero padding, as the firmware has it, to big-endian, as BearSSL has it
static bool number_reverse(const uint8_t part[SNP_ECDSA_PART], uint8_t out[P384_SIZE])
{
	if (!bytes_is_zero(bytes_make(part + P384_SIZE, SNP_ECDSA_PART - P384_SIZE)))
		return false;
	for (size_t i = 0; i < P384_SIZE; i++)
		out[i] = part[P384_SIZE - 1 - i];
	return true;
}

static bool signature_verify(const uint8_t hash[SHA384_SIZE], unsigned char *point,
	size_t point_size, const unsigned char *signature, size_t signature_size)
{
	const br_ec_public_key key = {BR_EC_secp384r1, point, point_size};
	struct psp_crypto save;
	uint32_t good;

	psp_crypto_begin(&save);
	good = br_ecdsa_i31_vrfy_raw(
		&br_ec_prime_i31, hash, SHA384_SIZE, &key, signature, signature_size);
	psp_crypto_end(&save);
	return good == 1;
}

static bool signature_check(struct bytes message, const struct snp_public_key *key,
	const struct snp_signature *signature)
{
	unsigned char point[1 + 2 * P384_SIZE] = {4}; // uncompressed
	unsigned char raw[2 * P384_SIZE];
	uint8_t hash[SHA384_SIZE];

	if (key->curve != SNP_CURVE_P384)
		return false;
	if (!number_reverse(key->x, point + 1) || !number_reverse(key->y, point + 1 + P384_SIZE))
		return false;
	if (!number_reverse(signature->r, raw) || !number_reverse(signature->s, raw + P384_SIZE))
		return false;
	sha384(message.data, message.size, hash);
	return signature_verify(hash, point, sizeof(point), raw, sizeof(raw));
}

static int signatures_check(
	const struct snp_id_block *block, const struct snp_id_auth *auth, bool author_key)
{
	const struct bytes block_bytes = bytes_make(block, sizeof(*block));
	const struct bytes key_bytes = bytes_make(&auth->id_key, sizeof(auth->id_key));

	if (auth->id_key_algo != SNP_ALGO_ECDSA_P384_SHA384)
		return PSP_INVALID_PARAM;
	if (!signature_check(block_bytes, &auth->id_key, &auth->id_block_signature))
		return PSP_BAD_SIGNATURE;
	if (!author_key)
		return PSP_SUCCESS;
	if (auth->author_key_algo != SNP_ALGO_ECDSA_P384_SHA384)
		return PSP_INVALID_PARAM;
	if (!signature_check(key_bytes, &auth->author_key, &auth->id_key_signature))
		return PSP_BAD_SIGNATURE;
	return PSP_SUCCESS;
}

int psp_id_block_check(struct psp_guest *guest, const struct snp_id_block *block,
	const struct snp_id_auth *auth, bool author_key)
{
	int status;

	if (!auth || block->version != 1)
		return PSP_INVALID_PARAM;
	status = signatures_check(block, auth, author_key);
	if (status != PSP_SUCCESS)
		return status;
	if (memcmp(block->launch_digest, guest->digest, SHA384_SIZE) != 0)
		return PSP_BAD_MEASUREMENT;
	if (block->policy != guest->policy)
		return PSP_POLICY_FAILURE;
	memcpy(guest->family_id, block->family_id, sizeof(guest->family_id));
	memcpy(guest->image_id, block->image_id, sizeof(guest->image_id));
	guest->guest_svn = block->guest_svn;
	guest->author_key = author_key;
	sha384(&auth->id_key, sizeof(auth->id_key), guest->id_key_digest);
	if (author_key)
		sha384(&auth->author_key, sizeof(auth->author_key), guest->author_key_digest);
	return PSP_SUCCESS;
}
