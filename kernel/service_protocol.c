// SPDX-License-Identifier: MIT
#include "kernel/service_protocol.h"

#include "kernel/guest_memory.h"
#include "kernel/percpu.h"
#include "kernel/services.h"
#include "lib/secret.h"

static MUST_USE enum error copy_and_call(struct request *request, uint8_t *buffer)
{
	gpa_t gpa = gpa_make(request->r8);
	uint32_t room = (uint32_t)request->r9;
	uint32_t size = room;
	enum error err = room == 0 ? OK : guest_copy_in(buffer, gpa, room);

	if (err == OK)
		err = service_call(services_find(request->protocol), request, buffer, &size);
	if (err != OK)
		return err;
	if (size > room)
		return ERR_INVALID_PARAMETER;
	request->r8 = size;
	return size == 0 ? OK : guest_copy_out(gpa, buffer, size);
}

// RCX, RDX: the call's parameters and results. R8: address of a buffer of R9 bytes, at most
// SERVICE_BUFFER_MAX, all of which go to the service; its answer takes their place, and R8 is the
// answer's size. R9 = 0: no buffer.
static MUST_USE enum error service_protocol_call(struct request *request)
{
	uint8_t *buffer = this_cpu()->request_buffer;
	const struct request asked = *request;

	if (request->r9 > SERVICE_BUFFER_MAX)
		return ERR_INVALID_PARAMETER;
	enum error err = copy_and_call(request, buffer);

	if (err != OK)
		*request = asked;
	mem_wipe(buffer, SERVICE_BUFFER_MAX);
	return err;
}

static const struct protocol service_protocol = {
	.version_min = 1,
	.version_max = 1,
	.any = service_protocol_call,
};

const struct protocol *service_protocol_find(uint32_t id)
{
	if (id < SERVICE_PROTOCOL_OWN || !services_guest_may_call(id))
		return NULL;
	return &service_protocol;
}
