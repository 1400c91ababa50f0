// SPDX-License-Identifier: MIT
#include "tests/bench/tpm_commands.h"

#include "hw/tpm.h"
#include "services/vtpm/wire.h"

#define TPM_CC_QUOTE	  0x158
#define TPM_CC_GET_RANDOM 0x17b
#define TPM_CC_PCR_READ	  0x17e
#define TPM_CC_PCR_EXTEND 0x182
#define TPM_ALG_ECDSA	  0x0018
// Without it the first use after a reset is to be repeated (TPM_RC_RETRY).
#define TPM_OBJECT_NO_DA 0x00000400
#define TPM_OBJECT_SIGN	 0x00040000
#define TPM_OBJECT_PRIMARY                                                                         \
	(TPM_OBJECT_FIXED_TPM | TPM_OBJECT_FIXED_PARENT | TPM_OBJECT_SENSITIVE_ORIGIN |            \
		TPM_OBJECT_USER_WITH_AUTH | TPM_OBJECT_NO_DA | TPM_OBJECT_RESTRICTED)
#define DEBUG_PCR   16 // anybody may extend and reset it
#define DIGEST_SIZE 32

static struct wire_writer begin(uint8_t *buffer, uint16_t tag, uint32_t code)
{
	struct wire_writer w = {.data = buffer, .room = TPM_COMMAND_ROOM};

	wire_put16(&w, tag);
	wire_put32(&w, 0); // size, when it is known
	wire_put32(&w, code);
	return w;
}

static size_t end(struct wire_writer *w)
{
	wire_set32(w->data + TPM_HEADER_SIZE_AT, (uint32_t)w->size);
	return w->full ? 0 : w->size;
}

static void put_no_password(struct wire_writer *w)
{
	wire_put32(w, 9);
	wire_put32(w, TPM_RS_PW);
	wire_put16(w, 0); // nonce
	wire_put8(w, 0);  // attributes
	wire_put16(w, 0); // password
}

// One selection of the SHA-256 bank
static void put_pcrs(struct wire_writer *w, uint32_t pcrs)
{
	wire_put32(w, 1);
	wire_put16(w, TPM_ALG_SHA256);
	wire_put8(w, 3);
	for (unsigned int i = 0; i < 3; i++)
		wire_put8(w, (uint8_t)(pcrs >> 8 * i));
}

static void put_some_bytes(struct wire_writer *w, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		wire_put8(w, (uint8_t)i);
}

size_t tpm_command_startup(uint8_t *buffer, uint32_t unused)
{
	struct wire_writer w = begin(buffer, TPM_ST_NO_SESSIONS, TPM_CC_STARTUP);

	(void)unused;
	wire_put16(&w, TPM_SU_CLEAR);
	return end(&w);
}

static size_t get_random(uint8_t *buffer, uint32_t key)
{
	struct wire_writer w = begin(buffer, TPM_ST_NO_SESSIONS, TPM_CC_GET_RANDOM);

	(void)key;
	wire_put16(&w, 32);
	return end(&w);
}

static size_t pcr_read(uint8_t *buffer, uint32_t key)
{
	struct wire_writer w = begin(buffer, TPM_ST_NO_SESSIONS, TPM_CC_PCR_READ);

	(void)key;
	put_pcrs(&w, 1u << DEBUG_PCR);
	return end(&w);
}

static size_t pcr_extend(uint8_t *buffer, uint32_t key)
{
	struct wire_writer w = begin(buffer, TPM_ST_SESSIONS, TPM_CC_PCR_EXTEND);

	(void)key;
	wire_put32(&w, DEBUG_PCR);
	put_no_password(&w);
	wire_put32(&w, 1);
	wire_put16(&w, TPM_ALG_SHA256);
	put_some_bytes(&w, DIGEST_SIZE);
	return end(&w);
}

static void put_storage(struct wire_writer *w)
{
	wire_put16(w, TPM_ALG_AES);
	wire_put16(w, 128);
	wire_put16(w, TPM_ALG_CFB);
	wire_put16(w, TPM_ALG_NULL); // scheme
}

static void put_signing(struct wire_writer *w)
{
	wire_put16(w, TPM_ALG_NULL); // no symmetric algorithm
	wire_put16(w, TPM_ALG_ECDSA);
	wire_put16(w, TPM_ALG_SHA256);
}

// TPMT_PUBLIC of an ECC P-256 key
static void put_template(struct wire_writer *w, uint32_t use)
{
	wire_put16(w, TPM_ALG_ECC);
	wire_put16(w, TPM_ALG_SHA256);
	wire_put32(w, TPM_OBJECT_PRIMARY | use);
	wire_put16(w, 0); // policy
	if (use == TPM_OBJECT_SIGN)
		put_signing(w);
	else
		put_storage(w);
	wire_put16(w, TPM_ECC_NIST_P256);
	wire_put16(w, TPM_ALG_NULL); // key derivation
	wire_put16(w, 0);	     // unique: x
	wire_put16(w, 0);	     // y
}

static size_t create_primary(uint8_t *buffer, uint32_t use)
{
	uint8_t template[64];
	struct wire_writer t = {.data = template, .room = sizeof(template)};
	struct wire_writer w = begin(buffer, TPM_ST_SESSIONS, TPM_CC_CREATE_PRIMARY);

	put_template(&t, use);
	wire_put32(&w, TPM_RH_OWNER);
	put_no_password(&w);
	wire_put16(&w, 4); // sensitive data: no password, nothing inside
	wire_put32(&w, 0);
	wire_put16(&w, (uint16_t)t.size);
	wire_put(&w, template, t.size);
	wire_put16(&w, 0); // outside information
	wire_put32(&w, 0); // creation PCRs
	return end(&w);
}

static size_t create_storage_key(uint8_t *buffer, uint32_t key)
{
	(void)key;
	return create_primary(buffer, TPM_OBJECT_DECRYPT);
}

size_t tpm_command_signing_key(uint8_t *buffer, uint32_t unused)
{
	(void)unused;
	return create_primary(buffer, TPM_OBJECT_SIGN);
}

static size_t quote(uint8_t *buffer, uint32_t key)
{
	struct wire_writer w = begin(buffer, TPM_ST_SESSIONS, TPM_CC_QUOTE);

	wire_put32(&w, key);
	put_no_password(&w);
	wire_put16(&w, 16); // the caller's nonce
	put_some_bytes(&w, 16);
	wire_put16(&w, TPM_ALG_NULL); // the key's own scheme
	put_pcrs(&w, 0xff);
	return end(&w);
}

size_t tpm_command_flush(uint8_t *buffer, uint32_t key)
{
	struct wire_writer w = begin(buffer, TPM_ST_NO_SESSIONS, TPM_CC_FLUSH_CONTEXT);

	wire_put32(&w, key);
	return end(&w);
}

uint32_t tpm_response_code(const uint8_t *response)
{
	return wire_get32(response + TPM_HEADER_CODE_AT);
}

uint32_t tpm_response_handle(const uint8_t *response)
{
	return wire_get32(response + TPM_HEADER_SIZE);
}

const struct tpm_command tpm_commands[TPM_COMMAND_COUNT] = {
	{"GetRandom, 32 bytes", get_random, false},
	{"PCR_Read", pcr_read, false},
	{"PCR_Extend", pcr_extend, false},
	{"CreatePrimary, ECC P-256", create_storage_key, true},
	{"Quote, ECDSA P-256", quote, false},
};
