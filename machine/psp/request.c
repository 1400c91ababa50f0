// SPDX-License-Identifier: MIT
// SNP_GUEST_REQUEST: opens a guest's message, has it answered, seals the answer. Source: AMD
// document 56860, sections 7 and 8.26. A message of an unknown type or version, or of a wrong size,
// is PSP_INVALID_PARAM; so are those of migration agents and of Secure TSC, which are not emulated.
#include "machine/psp/state.h"

struct message_handler {
	uint8_t type;
	uint8_t version;
	uint16_t size_min, size_max; // of the payload
	uint16_t (*handle)(uint8_t vmpck, struct bytes payload, uint8_t *answer);
};

static const struct message_handler handlers[] = {
	{SNP_MSG_CPUID_REQ, 1, 16, SNP_MESSAGE_PAYLOAD_MAX, psp_cpuid_message},
	{SNP_MSG_KEY_REQ, 1, sizeof(struct snp_key_request), sizeof(struct snp_key_request),
		psp_key_message},
	{SNP_MSG_REPORT_REQ, 1, sizeof(struct snp_report_request),
		sizeof(struct snp_report_request), psp_report_message},
};

static struct spinlock psp_lock; // psp_guest and the payload buffer; taken last

static const struct message_handler *handler_find(const struct snp_message_header *header)
{
	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
		const struct message_handler *h = &handlers[i];

		if (h->type == header->message_type && h->version == header->message_version &&
			header->message_size >= h->size_min && header->message_size <= h->size_max)
			return h;
	}
	return NULL;
}

static int request_locked(const uint8_t request[4096], uint8_t response[4096])
{
	static uint8_t payload[SNP_MESSAGE_PAYLOAD_MAX];
	struct snp_message_header header;
	const struct message_handler *handler;
	uint16_t size;
	int status;

	if (psp_guest.state != PSP_GUEST_RUNNING)
		return PSP_INVALID_GUEST_STATE;
	status = psp_message_open(&psp_guest, request, &header, payload);
	if (status != PSP_SUCCESS)
		return status;
	handler = handler_find(&header);
	if (!handler)
		return PSP_INVALID_PARAM;
	memset(response, 0, 4096);
	size = handler->handle(
		header.vmpck, bytes_make(payload, header.message_size), response + sizeof(header));
	psp_message_seal(&psp_guest, &header, size, response);
	psp_guest.sequence[header.vmpck] = header.sequence + 1;
	return PSP_SUCCESS;
}

int psp_guest_request(const uint8_t request[4096], uint8_t response[4096])
{
	int status;

	spin_lock(&psp_lock);
	status = request_locked(request, response);
	spin_unlock(&psp_lock);
	if (status != PSP_SUCCESS)
		log_debug("secure processor: guest message refused, status 0x%x", (unsigned)status);
	return status;
}
