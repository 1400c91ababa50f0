// SPDX-License-Identifier: MIT
#include "tests/conformance/message.h"

#include <bearssl.h>

#include "hw/snp.h"
#include "lib/string.h"

#define REQUEST_GPA  (BARE_FREE_GPA + 0x1000)
#define RESPONSE_GPA (BARE_FREE_GPA + 0x2000)
#define AAD_OFFSET   offsetof(struct snp_message_header, algo)
#define IV_SIZE	     12

uint64_t message_sequence[VMPL_COUNT];

static uint8_t page[PAGE_SIZE];

// What the library wants of a C library besides lib/string.h
void *__memcpy_chk(void *to, const void *from, size_t size, size_t room);
void *__memcpy_chk(void *to, const void *from, size_t size, size_t room)
{
	if (size > room)
		report_abort("the AES library copies %lu bytes to %lu", size, room);
	return memcpy(to, from, size);
}

// The library is ordinary user-space code: it uses SSE and reads its stack guard through FS.
void message_init(void)
{
	static uint64_t fs_area[16];
	uint64_t cr;

	__asm__ volatile("mov %%cr4, %0" : "=r"(cr));
	__asm__ volatile("mov %0, %%cr4" ::"r"(cr | CR4_OSFXSR | CR4_OSXMMEXCPT));
	wrmsr(MSR_FS_BASE, (uint64_t)fs_area);
	need_shared(REQUEST_GPA);
	need_shared(RESPONSE_GPA);
}

static void crypt(const struct snp_message_header *header, uint8_t *data, bool encrypt,
	uint8_t tag[SNP_MESSAGE_TAG_SIZE])
{
	const struct snp_secrets_page *secrets = private_ptr(boot_info->secrets_gpa);
	uint8_t iv[IV_SIZE] = {0};
	br_aes_ct64_ctr_keys aes;
	br_gcm_context gcm;

	memcpy(iv, &header->sequence, sizeof(header->sequence));
	br_aes_ct64_ctr_init(&aes, secrets->vmpck[header->vmpck], SNP_VMPCK_SIZE);
	br_gcm_init(&gcm, &aes.vtable, br_ghash_ctmul64);
	br_gcm_reset(&gcm, iv, sizeof(iv));
	br_gcm_aad_inject(&gcm, &header->algo, sizeof(*header) - AAD_OFFSET);
	br_gcm_flip(&gcm);
	br_gcm_run(&gcm, encrypt, data, header->message_size);
	br_gcm_get_tag(&gcm, tag);
}

static void request_make(const struct message *message)
{
	struct snp_message_header *header = (struct snp_message_header *)page;

	memset(page, 0, sizeof(page));
	*header = (struct snp_message_header){
		.sequence = message->sequence,
		.algo = SNP_MESSAGE_AES_256_GCM,
		.version = SNP_MESSAGE_HEADER_VERSION,
		.size = sizeof(*header),
		.message_type = message->type,
		.message_version = 1,
		.message_size = message->size,
		.vmpck = message->vmpck,
	};
	memcpy(header + 1, message->payload, message->size);
	crypt(header, (uint8_t *)(header + 1), true, header->authtag);
	page[sizeof(*header)] ^= message->damaged;
	if (message->claim)
		header->vmpck = message->claim;
}

static uint64_t answer_open(struct message *message)
{
	const struct snp_message_header *header = (const struct snp_message_header *)page;
	uint8_t tag[SNP_MESSAGE_TAG_SIZE];

	memcpy(page, shared_ptr(RESPONSE_GPA), sizeof(page));
	if (header->sequence != message->sequence + 1 ||
		header->message_type != message->type + 1 || header->vmpck != message->vmpck ||
		header->message_size > MESSAGE_PAYLOAD_MAX)
		return ~0ull;
	crypt(header, page + sizeof(*header), false, tag);
	if (memcmp(tag, header->authtag, sizeof(tag)) != 0)
		return ~1ull;
	message->size = header->message_size;
	memcpy(message->payload, header + 1, message->size);
	return 0;
}

uint64_t message_send(struct message *message)
{
	struct ghcb_answer answer;

	request_make(message);
	memcpy(shared_ptr(REQUEST_GPA), page, sizeof(page));
	memset(shared_ptr(RESPONSE_GPA), 0, PAGE_SIZE);
	answer = ghcb_exit(ghcb_begin(), GHCB_EXIT_GUEST_REQUEST, REQUEST_GPA, RESPONSE_GPA);
	if (answer.info_1 || answer.info_2)
		return answer.info_1 << 32 | answer.info_2;
	message_sequence[message->vmpck] = message->sequence + 1;
	return answer_open(message);
}
