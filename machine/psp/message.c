// SPDX-License-Identifier: MIT
// Guest messages: AES-256-GCM with the VMPCK that the header names. Source: AMD document 56860,
// section 8.26. The sequence number is the initialisation vector: it never repeats under a key,
// since an answer takes the next number and the count only rises.
#include <bearssl.h>

#include "machine/psp/crypto.h"
#include "machine/psp/state.h"

#define IV_SIZE	 12
#define AAD_FROM offsetof(struct snp_message_header, algo)
#define AAD_SIZE (sizeof(struct snp_message_header) - AAD_FROM)

// En- or decrypts in place and writes the tag that belongs to it.
static void message_crypt(const uint8_t key[SNP_VMPCK_SIZE],
	const struct snp_message_header *header, uint8_t *data, bool encrypt,
	uint8_t tag[SNP_MESSAGE_TAG_SIZE])
{
	uint8_t iv[IV_SIZE] = {0};
	br_aes_ct64_ctr_keys aes;
	br_gcm_context gcm;
	struct psp_crypto save;

	memcpy(iv, &header->sequence, sizeof(header->sequence));
	psp_crypto_begin(&save);
	br_aes_ct64_ctr_init(&aes, key, SNP_VMPCK_SIZE);
	br_gcm_init(&gcm, &aes.vtable, br_ghash_ctmul64);
	br_gcm_reset(&gcm, iv, sizeof(iv));
	br_gcm_aad_inject(&gcm, &header->algo, AAD_SIZE);
	br_gcm_flip(&gcm);
	br_gcm_run(&gcm, encrypt, data, header->message_size);
	br_gcm_get_tag(&gcm, tag);
	psp_crypto_end(&save);
}

static bool tags_differ(const uint8_t *a, const uint8_t *b)
{
	uint8_t difference = 0;

	for (size_t i = 0; i < SNP_MESSAGE_TAG_SIZE; i++)
		difference |= a[i] ^ b[i];
	return difference != 0;
}

static int header_check(const struct psp_guest *guest, const struct snp_message_header *header)
{
	if (header->algo != SNP_MESSAGE_AES_256_GCM ||
		header->version != SNP_MESSAGE_HEADER_VERSION || header->size != sizeof(*header))
		return PSP_INVALID_PARAM;
	if (header->vmpck >= VMPL_COUNT || header->message_size > SNP_MESSAGE_PAYLOAD_MAX)
		return PSP_INVALID_PARAM;
	// A request and its answer need two more numbers.
	if (guest->sequence[header->vmpck] >= UINT64_MAX - 1)
		return PSP_AEAD_OFLOW;
	if (header->sequence != guest->sequence[header->vmpck] + 1)
		return PSP_AEAD_OFLOW;
	return PSP_SUCCESS;
}

int psp_message_open(const struct psp_guest *guest, const uint8_t message[4096],
	struct snp_message_header *header, uint8_t *payload)
{
	uint8_t tag[SNP_MESSAGE_TAG_SIZE] = {0};
	int status;

	memcpy(header, message, sizeof(*header));
	status = header_check(guest, header);
	if (status != PSP_SUCCESS)
		return status;
	memcpy(payload, message + sizeof(*header), header->message_size);
	message_crypt(guest->vmpck[header->vmpck], header, payload, false, tag);
	return tags_differ(tag, header->authtag) ? PSP_BAD_MEASUREMENT : PSP_SUCCESS;
}

void psp_message_seal(const struct psp_guest *guest, const struct snp_message_header *request,
	uint16_t payload_size, uint8_t message[4096])
{
	struct snp_message_header header = {
		.sequence = request->sequence + 1,
		.algo = SNP_MESSAGE_AES_256_GCM,
		.version = SNP_MESSAGE_HEADER_VERSION,
		.size = sizeof(header),
		.message_type =
			request->message_type + 1, // each answer's type follows its request's
		.message_version = request->message_version,
		.message_size = payload_size,
		.vmpck = request->vmpck,
	};

	message_crypt(guest->vmpck[header.vmpck], &header, message + sizeof(header), true,
		header.authtag);
	memcpy(message, &header, sizeof(header));
}
