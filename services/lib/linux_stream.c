// SPDX-License-Identifier: MIT
#include "services/lib/linux.h"

// 1: there is a request, 0: the input ends here, -1: it ends inside a message or is none.
static int request_read(int in, struct service_message *message, uint8_t *data)
{
	size_t got = 0;

	if (!linux_read(in, message, sizeof(*message), &got)) {
		if (got == 0)
			return 0;
		service_log("the input ends after %zu bytes of a message", got);
		return -1;
	}
	if (message->size > SERVICE_BUFFER_MAX) {
		service_log("a message of %u bytes: at most %u", message->size, SERVICE_BUFFER_MAX);
		return -1;
	}
	if (!linux_read(in, data, message->size, &got)) {
		service_log("the input ends after %zu of %u bytes of data", got, message->size);
		return -1;
	}
	return 1;
}

int linux_serve_stream(const struct service *service, int in, int out)
{
	static uint8_t data[SERVICE_BUFFER_MAX];
	struct service_message message;
	int state;

	while ((state = request_read(in, &message, data)) > 0) {
		service_dispatch(service, &message, data);
		if (!linux_write(out, &message, sizeof(message)) ||
			!linux_write(out, data, message.size))
			return 2;
	}
	return state < 0 ? 2 : 0;
}
