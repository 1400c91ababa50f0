// SPDX-License-Identifier: MIT
#include "services/lib/loop.h"

#include <errno.h>
#include <unistd.h>

#include "lib/secret.h"
#include "lib/string.h"

static uint8_t buffer[SERVICE_BUFFER_MAX] __attribute__((aligned(SERVICE_BUFFER_MAX)));

static uint32_t call_find(const struct service *service, const struct service_message *message,
	const struct service_call **found)
{
	uint32_t error = SVSM_ERR_UNSUPPORTED_PROTOCOL;

	for (size_t i = 0; i < service->call_count; i++) {
		const struct service_call *call = &service->calls[i];

		if (call->protocol != message->protocol)
			continue;
		error = SVSM_ERR_UNSUPPORTED_CALL;
		if (call->call == message->call) {
			*found = call;
			return SVSM_SUCCESS;
		}
	}
	return error;
}

static uint32_t control_run(const struct service *service, const struct service_message *message)
{
	if (message->call != SERVICE_CONTROL_RESET || !service->reset)
		return SVSM_ERR_UNSUPPORTED_CALL;
	return service->reset();
}

static bool is_control(const struct service_message *message)
{
	return message->caller == SERVICE_CALLER_KERNEL &&
	       message->protocol == SERVICE_PROTOCOL_CONTROL;
}

static struct service_request request_make(const struct service_message *message, uint8_t *data)
{
	struct service_request request = {
		.call = message->call,
		.caller = message->caller,
		.caller_id = message->caller_id,
		.data = data,
		.size = message->size,
	};

	memcpy(request.regs, message->regs, sizeof(request.regs));
	return request;
}

void service_dispatch(const struct service *service, struct service_message *message, uint8_t *data)
{
	struct service_request request = request_make(message, data);
	const struct service_call *call = NULL;

	message->size = 0;
	if (is_control(message))
		message->result = control_run(service, message);
	else
		message->result = call_find(service, message, &call);
	if (call)
		message->result = call->handle(&request);
	if (call && message->result == SVSM_SUCCESS) {
		memcpy(message->regs, request.regs, sizeof(message->regs));
		message->size = MIN(request.size, (uint32_t)SERVICE_BUFFER_MAX);
	}
	// The rest may hold authorisation values of this request: the next caller is not to meet
	// them.
	mem_wipe(data + message->size, SERVICE_BUFFER_MAX - message->size);
}

static long reply_and_wait(struct service_message *message)
{
	return syscall(SERVICE_CALL_REPLY_AND_WAIT, message);
}

// Returns errno when the kernel takes no answer and has no request.
static int serve(const struct service *service)
{
	struct service_message message = {
		.buffer = (uintptr_t)buffer,
		.room = sizeof(buffer),
	};

	while (reply_and_wait(&message) == 0) {
		service_dispatch(service, &message, buffer);
	}
	return errno;
}

int service_run(const struct service *service, int argc, char **argv)
{
	int error;

	service_log_name(service->name);
	if (service->start)
		service->start();
	error = serve(service);
	if (error == ENOSYS)
		return service_elsewhere(service, argc, argv);
	service_log("the kernel refused the answer (errno %d)", error);
	return 1;
}
