// SPDX-License-Identifier: MIT
#include "tests/host/service.h"

#include "kernel/percpu.h"

struct service_asked asked;
uint32_t reply, reply_size;

uint32_t service_note(const struct request *request, uint8_t *buffer, uint32_t *size)
{
	asked.times++;
	asked.request = *request;
	asked.size = *size;
	memcpy(asked.data, buffer, *size);
	// What lies behind the reply is none of the guest's.
	memset(buffer, 0xcc, SERVICE_BUFFER_MAX);
	memset(buffer, 0xbb, reply_size);
	*size = reply_size;
	return reply;
}

void service_begin(
	uint32_t (*serve)(struct request *request, uint8_t *buffer, uint32_t *size), uint32_t bytes)
{
	fake_reset();
	fake_service(serve);
	asked.times = 0;
	reply = OK;
	reply_size = bytes;
	unit_random_fill(fake_ptr_write(BUFFER, 3 * PAGE_SIZE), 3 * PAGE_SIZE);
}

bool buffer_is_wiped(void)
{
	return bytes_is_zero(bytes_make(this_cpu()->request_buffer, SERVICE_BUFFER_MAX));
}
