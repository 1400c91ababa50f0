// SPDX-License-Identifier: MIT
#include "tests/services/vtpm_ask.h"

#include <string.h>

#include "abi/vtpm.h"
#include "hw/tpm.h"
#include "services/vtpm/command.h"
#include "services/vtpm/wire.h"

int random_left = -1;
unsigned int random_calls;

bool service_random(void *buffer, size_t size)
{
	random_calls++;
	memset(buffer, 0, size);
	if (random_left == 0)
		return false;
	if (random_left > 0)
		random_left--;
	unit_random_fill(buffer, size);
	return true;
}

uint32_t ask(const void *command, size_t size, uint8_t *response)
{
	static uint8_t page[SERVICE_BUFFER_MAX];
	struct vtpm_request *in = (void *)page;
	struct vtpm_response *out = (void *)page;
	struct service_request request = {.data = page, .size = sizeof(page)};

	memset(page, 0, sizeof(page));
	in->platform_command = VTPM_SEND_COMMAND;
	in->size = (uint32_t)size;
	memcpy(in->data, command, size);
	wire_set32(in->data + TPM_HEADER_SIZE_AT, (uint32_t)size);
	if (vtpm_command(&request) != SVSM_SUCCESS)
		return UINT32_MAX;
	assert_int_equal(wire_get32(out->data + TPM_HEADER_SIZE_AT), out->size);
	assert_int_equal(request.size, 4 + out->size);
	if (response)
		memcpy(response, out->data, out->size);
	return wire_get32(out->data + TPM_HEADER_CODE_AT);
}

uint32_t ask_startup(uint16_t type)
{
	const uint8_t command[] = {0x80, 1, 0, 0, 0, 0, 0, 0, 1, 0x44, 0, (uint8_t)type};

	return ask(command, sizeof(command), NULL);
}

void pcr_read(unsigned int pcr, uint8_t *value)
{
	uint8_t command[] = {0x80, 1, 0, 0, 0, 0, 0, 0, 1, 0x7e, // TPM2_PCR_Read
		0, 0, 0, 1, 0, 0x0b, 3, 0, 0, 0};
	uint8_t response[ASK_RESPONSE_MAX];

	command[17 + pcr / 8] = (uint8_t)(1 << pcr % 8);
	assert_int_equal(ask(command, sizeof(command), response), 0);
	// header, update counter, selection of one bank (10), one digest of 32 bytes
	assert_int_equal(wire_get32(response + 2), 10 + 4 + 10 + 4 + 2 + PCR_SIZE);
	memcpy(value, response + 30, PCR_SIZE);
}

uint32_t pcr_extend(unsigned int pcr, uint8_t byte)
{
	uint8_t command[14 + 13 + 6 + PCR_SIZE] = {0x80, 2, 0, 0, 0, 0, 0, 0, 1,
		0x82,					  // TPM2_PCR_Extend
		0, 0, 0, (uint8_t)pcr,			  //
		0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0, // empty password
		0, 0, 0, 1, 0, 0x0b, byte};

	return ask(command, sizeof(command), NULL);
}
