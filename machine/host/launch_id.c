// SPDX-License-Identifier: MIT
// End of the launch: the ID block of an IGVM file, put into the secure processor's layout.
#include "hw/report.h"
#include "machine/host/launch.h"
#include "machine/psp/psp.h"

// The file's key has a reserved word after the curve, the firmware's none.
static void key_copy(struct snp_public_key *key, const uint8_t from[152])
{
	memcpy(&key->curve, from, sizeof(key->curve));
	memcpy(key->x, from + 8, sizeof(key->x));
	memcpy(key->y, from + 8 + sizeof(key->x), sizeof(key->y));
}

static void signature_copy(struct snp_signature *signature, const uint8_t from[144])
{
	memcpy(signature->r, from, sizeof(signature->r));
	memcpy(signature->s, from + sizeof(signature->r), sizeof(signature->s));
}

static void id_block_fill(
	struct snp_id_block *block, const struct igvm_snp_id_block *from, uint64_t policy)
{
	memcpy(block->launch_digest, from->ld, sizeof(block->launch_digest));
	memcpy(block->family_id, from->family_id, sizeof(block->family_id));
	memcpy(block->image_id, from->image_id, sizeof(block->image_id));
	block->version = from->version;
	block->guest_svn = from->guest_svn;
	block->policy = policy;
}

static void id_auth_fill(struct snp_id_auth *auth, const struct igvm_snp_id_block *from)
{
	auth->id_key_algo = from->id_key_algorithm;
	auth->author_key_algo = from->author_key_algorithm;
	signature_copy(&auth->id_block_signature, from->id_key_signature);
	key_copy(&auth->id_key, from->id_public_key);
	signature_copy(&auth->id_key_signature, from->author_key_signature);
	key_copy(&auth->author_key, from->author_public_key);
}

int launch_finish(const struct igvm_snp_id_block *from, uint64_t policy)
{
	static struct snp_id_block block;
	static struct snp_id_auth auth;

	if (!from)
		return psp_launch_finish(NULL, NULL, false);
	id_block_fill(&block, from, policy);
	id_auth_fill(&auth, from);
	return psp_launch_finish(&block, &auth, from->author_key_enabled != 0);
}
