// SPDX-License-Identifier: MIT
#include "kernel/vtpm.h"

#include <stdatomic.h>

#include "abi/svsm.h"
#include "abi/vtpm.h"
#include "kernel/guest_memory.h"
#include "kernel/percpu.h"
#include "kernel/services.h"
#include "lib/secret.h"
#include "lib/string.h"

static bool vtpm_is_there(void)
{
	return services_find(SVSM_PROTOCOL_VTPM) != NULL;
}

// The service has the TPM's own commands; steps are the kernel's.
static MUST_USE enum error vtpm_query(struct request *request)
{
	uint32_t size = 0;
	enum error err = service_call(
		services_find(SVSM_PROTOCOL_VTPM), request, this_cpu()->request_buffer, &size);

	if (err == OK)
		request->rcx |= BIT(VTPM_SEND_IN_STEPS);
	return err;
}

/*
 * What a TPM in failure mode says to every command (TPM 2.0 library, part 1, section 12.4). A
 * service that died is not started again: a fresh TPM behind a running guest would let the guest
 * measure itself anew.
 */
static uint32_t failure_response(uint8_t *buffer)
{
	static const uint8_t response[] = {
		10, 0, 0, 0,	  // size, little-endian
		0x80, 0x01,	  // TPM_ST_NO_SESSIONS
		0, 0, 0, 10,	  // size
		0, 0, 0x01, 0x01, // TPM_RC_FAILURE
	};

	memcpy(buffer, response, sizeof(response));
	return sizeof(response);
}

static uint32_t step_response(uint8_t *buffer, uint64_t ticket)
{
	const struct vtpm_step_response response = {.ticket = ticket};

	memcpy(buffer, &response, sizeof(response));
	return sizeof(response);
}

// Instead of INCOMPLETE and BUSY, at which Linux calls again without letting an interrupt in.
static MUST_USE enum error step_answer(
	enum error err, uint8_t *buffer, uint32_t *size, uint64_t ticket)
{
	if (err != ERR_SVSM_INCOMPLETE && err != ERR_BUSY)
		return err;
	*size = step_response(buffer, ticket);
	return OK;
}

static MUST_USE enum error step_begin(
	struct service *service, struct request *request, uint8_t *buffer, uint32_t *size)
{
	static _Atomic uint64_t last_ticket;
	struct vtpm_request *in = (void *)buffer;

	in->platform_command = VTPM_SEND_COMMAND;
	request->ticket = atomic_fetch_add(&last_ticket, 1) + 1;
	enum error err = service_call(service, request, buffer, size);

	return step_answer(err, buffer, size, err == ERR_BUSY ? 0 : request->ticket);
}

// Without a ticket it is the question whether there are steps.
static MUST_USE enum error step_resume(
	struct service *service, struct request *request, uint8_t *buffer, uint32_t *size)
{
	const struct vtpm_step_request *in = (const void *)buffer;

	if (in->locality != 0)
		return ERR_INVALID_PARAMETER;
	if (in->ticket == 0)
		return step_answer(ERR_BUSY, buffer, size, 0);
	request->ticket = in->ticket;
	request->resume = true;
	return step_answer(
		service_call(service, request, buffer, size), buffer, size, request->ticket);
}

static MUST_USE enum error command_call(
	struct service *service, struct request *request, uint8_t *buffer, uint32_t *size)
{
	const struct vtpm_request *in = (const void *)buffer;
	struct request step = *request; // the registers of the answer stay the caller's own

	if (in->platform_command != VTPM_SEND_IN_STEPS)
		return service_call(service, request, buffer, size);
	return in->size != 0 ? step_begin(service, &step, buffer, size)
			     : step_resume(service, &step, buffer, size);
}

static MUST_USE enum error command_run(struct request *request, uint8_t *buffer, uint32_t *size)
{
	struct service *service = services_find(SVSM_PROTOCOL_VTPM);
	enum error err = OK;

	if (service_is_alive(service))
		err = command_call(service, request, buffer, size);
	if (service_is_alive(service))
		return err;
	*size = failure_response(buffer);
	return OK;
}

// RCX: the buffer, which holds the command and then the response. It may lie across two pages.
static MUST_USE enum error vtpm_command(struct request *request)
{
	gpa_t gpa = gpa_make(request->rcx);
	uint8_t *buffer = this_cpu()->request_buffer;
	uint32_t size = VTPM_BUFFER_SIZE;
	enum error err = guest_copy_in(buffer, gpa, size);

	if (err != OK)
		return err;
	err = command_run(request, buffer, &size);
	if (err == OK)
		err = guest_copy_out(gpa, buffer, size);
	// Commands and responses carry keys and passwords.
	mem_wipe(buffer, VTPM_BUFFER_SIZE);
	return err;
}

static const request_handler vtpm_handlers[] = {
	[SVSM_VTPM_QUERY] = vtpm_query,
	[SVSM_VTPM_CMD] = vtpm_command,
};

const struct protocol vtpm_protocol = {
	.id = SVSM_PROTOCOL_VTPM,
	.version_min = 1,
	.version_max = 1,
	.handlers = vtpm_handlers,
	.handler_count = ARRAY_SIZE(vtpm_handlers),
	.is_there = vtpm_is_there,
};
