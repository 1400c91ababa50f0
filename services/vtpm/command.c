// SPDX-License-Identifier: MIT
#include "services/vtpm/command.h"

#include "abi/vtpm.h"
#include "hw/tpm.h"
#include "lib/secret.h"
#include "services/vtpm/tpm.h"
#include "services/vtpm/wire.h"

uint32_t vtpm_query(struct service_request *request)
{
	request->regs[0] = BIT(VTPM_SEND_COMMAND);
	request->regs[1] = 0;
	request->size = 0;
	return SVSM_SUCCESS;
}

// The size stands twice, in the buffer and in the TPM's own header: the TPM is given as many bytes
// as the header says, and never one that the guest did not send.
static uint32_t request_check(const struct service_request *request)
{
	const struct vtpm_request *in = (const void *)request->data;

	if (request->size < offsetof(struct vtpm_request, data))
		return SVSM_ERR_INVALID_PARAMETER;
	if (in->platform_command != VTPM_SEND_COMMAND)
		return SVSM_ERR_INVALID_PARAMETER;
	if (in->locality != 0)
		return SVSM_ERR_INVALID_PARAMETER;
	if (in->size < TPM_HEADER_SIZE || in->size > VTPM_COMMAND_SIZE_MAX)
		return SVSM_ERR_INVALID_PARAMETER;
	if (in->size > request->size - offsetof(struct vtpm_request, data))
		return SVSM_ERR_INVALID_PARAMETER;
	if (wire_get32(in->data + TPM_HEADER_SIZE_AT) != in->size)
		return SVSM_ERR_INVALID_PARAMETER;
	return SVSM_SUCCESS;
}

uint32_t vtpm_command(struct service_request *request)
{
	// The answer takes the request's place, so the TPM works on a copy.
	static uint8_t command[VTPM_COMMAND_SIZE_MAX];
	const struct vtpm_request *in = (const void *)request->data;
	struct vtpm_response *out = (void *)request->data;
	uint32_t size;
	uint32_t error = request_check(request);

	if (error != SVSM_SUCCESS)
		return error;
	size = in->size;
	memcpy(command, in->data, size);
	out->size = tpm_execute(command, size, out->data, sizeof(out->data));
	mem_wipe(command, size);
	request->size = (uint32_t)offsetof(struct vtpm_response, data) + out->size;
	return SVSM_SUCCESS;
}
