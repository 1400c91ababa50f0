// SPDX-License-Identifier: MIT
// There is no ring 3 here: the boot information names no service, and so none is ever called.
#include "kernel/panic.h"
#include "kernel/user/enter.h"
#include "kernel/user/service.h"

void user_init_cpu(void)
{
}

enum error service_start(
	struct service *service, const char *name, struct bytes program, uint64_t memory)
{
	(void)service;
	(void)program;
	(void)memory;
	panic("service %s on fake hardware", name);
}

enum error service_call(
	struct service *service, struct request *request, uint8_t *buffer, uint32_t *size)
{
	(void)service;
	(void)buffer;
	(void)size;
	panic("protocol %u on fake hardware", request->protocol);
}

bool service_is_alive(const struct service *service)
{
	(void)service;
	return false;
}
