// SPDX-License-Identifier: MIT
#include "services/vtpm/own.h"

#include "abi/vtpm.h"
#include "hw/tpm.h"
#include "services/lib/service.h"
#include "services/vtpm/tpm.h"

void own_no_password(struct wire_writer *w)
{
	wire_put32(w, 9);
	wire_put32(w, TPM_RS_PW);
	wire_put16(w, 0); // nonce
	wire_put8(w, 0);  // attributes
	wire_put16(w, 0); // password
}

struct wire_writer own_begin(uint8_t *buffer, size_t room, uint16_t tag, uint32_t code)
{
	struct wire_writer w = {.data = buffer, .room = room};

	wire_put16(&w, tag);
	wire_put32(&w, 0); // size, when it is known
	wire_put32(&w, code);
	return w;
}

bool own_run(struct wire_writer *w, const char *what)
{
	static uint8_t response[VTPM_RESPONSE_SIZE_MAX];
	uint32_t size;

	if (w->full)
		return false;
	wire_set32(w->data + TPM_HEADER_SIZE_AT, (uint32_t)w->size);
	size = tpm_execute(
		w->data, (uint32_t)w->size, response, (uint32_t)MIN(sizeof(response), w->room));
	memcpy(w->data, response, size);
	if (wire_get32(w->data + TPM_HEADER_CODE_AT) == TPM_RC_SUCCESS)
		return true;
	service_log("%s: TPM error 0x%x", what, wire_get32(w->data + TPM_HEADER_CODE_AT));
	return false;
}

bool own_run_short(uint32_t code, uint16_t parameter, const char *what)
{
	uint8_t buffer[64];
	struct wire_writer w = own_begin(buffer, sizeof(buffer), TPM_ST_NO_SESSIONS, code);

	wire_put16(&w, parameter);
	return own_run(&w, what);
}
