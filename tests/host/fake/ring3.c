// SPDX-License-Identifier: MIT
// There is no ring 3 here: a service is a function of the test.
#include "kernel/user/enter.h"
#include "kernel/user/key.h"
#include "kernel/user/namespace.h"
#include "kernel/user/service.h"
#include "tests/host/fake/internal.h"

void fake_service(uint32_t (*serve)(struct request *request, uint8_t *buffer, uint32_t *size))
{
	fake_armed.serve = serve;
}

void fake_service_kill(void)
{
	fake_machine.service_dead = true;
}

void user_init_cpu(void)
{
}

enum error service_start(
	struct service *service, const char *name, struct bytes program, uint64_t memory)
{
	(void)service;
	(void)memory;
	// The program of a service that cannot be started begins with a zero.
	return strcmp(name, "fake") == 0 && program.size > 0 && program.data[0] != 0
		       ? OK
		       : ERR_INVALID_REQUEST;
}

enum error service_call(
	struct service *service, struct request *request, uint8_t *buffer, uint32_t *size)
{
	(void)service;
	if (fake_armed.serve == NULL)
		fake_die("protocol %u: the test brings no service", request->protocol);
	return (enum error)fake_armed.serve(request, buffer, size);
}

bool service_is_alive(const struct service *service)
{
	(void)service;
	return !fake_machine.service_dead;
}

void service_stop(struct service *service)
{
	(void)service;
}

void service_forget(struct service *service)
{
	(void)service;
}

enum error service_settle(struct service *service)
{
	(void)service;
	return OK;
}

bool service_reset(struct service *service)
{
	(void)service;
	return true;
}

// Objects have no holders here.
struct namespace *namespace_make(uint64_t size)
{
	(void)size;
	return (struct namespace *)&fake_machine;
}

struct key *key_find(const char *name)
{
	(void)name;
	return (struct key *)&fake_machine;
}
