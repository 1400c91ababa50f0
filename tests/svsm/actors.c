// SPDX-License-Identifier: MIT
#include "tests/svsm/actors.h"

#include "kernel/objects.h"
#include "kernel/user/namespace.h"
#include "lib/string.h"
#include "tests/svsm/probing.h"

#define ACTOR_MEMORY MIB(1)

struct boot_service actor_from[ACTORS_MAX];
struct service actors[ACTORS_MAX];
struct asked asked;

void actors_begin(void)
{
	for (unsigned int i = 0; i < ACTORS_MAX; i++) {
		actors[i] = (struct service){0};
		actor_from[i] = (struct boot_service){
			.name = {(char)('a' + i)},
			.memory = ACTOR_MEMORY,
			.protocol = 100 + i,
		};
		actors[i].process.state = PROCESS_ENDED;
	}
	asked.size = 0;
}

void actor_hold(unsigned int actor, struct boot_object object)
{
	actor_from[actor].objects[actor_from[actor].object_count++] = object;
}

void hold_channel(unsigned int actor, unsigned int to)
{
	struct boot_object channel = {.kind = BOOT_OBJECT_SERVICE};

	channel.name[0] = (char)('a' + to);
	actor_hold(actor, channel);
}

void hold_namespace(unsigned int actor, const char *name, uint64_t size)
{
	struct boot_object object = {.kind = BOOT_OBJECT_NAMESPACE, .size = size};

	memcpy(object.name, name, strlen(name));
	actor_hold(actor, object);
}

void hold_key(unsigned int actor, const char *name)
{
	struct boot_object object = {.kind = BOOT_OBJECT_KEY};

	memcpy(object.name, name, strlen(name));
	actor_hold(actor, object);
}

bool actor_restart(unsigned int actor)
{
	const struct boot_service *from = &actor_from[actor];

	return EXPECT_EQ(
		service_start(&actors[actor], from->name, probe_program(), from->memory), OK);
}

bool actor_start(unsigned int actor)
{
	if (!EXPECT_EQ(objects_make(actors, actor_from, actor), OK))
		return false;
	actors[actor].protocol = actor_from[actor].protocol;
	return actor_restart(actor);
}

void actor_expect_refused(unsigned int actor, const char *says)
{
	log_mark();
	EXPECT_EQ(objects_make(actors, actor_from, actor), ERR_FORMAT);
	if (!EXPECT(log_holds(says)))
		suite_note("wanted in the log: %s", says);
}

// The namespaces are the kernel's for good; a test gives them back.
static void actor_end(struct service *service)
{
	service_stop(service);
	for (size_t i = 0; i < service->objects.count; i++) {
		if (service->objects.objects[i].kind == BOOT_OBJECT_NAMESPACE)
			namespace_destroy(service->objects.objects[i].namespace);
	}
	service->objects.count = 0;
}

void actors_end(void)
{
	// Callers first, as they came last.
	for (unsigned int i = ACTORS_MAX; i-- > 0;)
		actor_end(&actors[i]);
}

enum error actor_ask_times(unsigned int actor, const struct request *request, unsigned int times)
{
	enum error err = ERR_BUSY;

	for (unsigned int i = 0; i < times; i++) {
		struct request again = *request;

		err = service_call(&actors[actor], &again, asked.data, &asked.size);
		asked.regs[0] = again.rcx;
		asked.regs[1] = again.rdx;
		asked.regs[2] = again.r8;
		if (err != ERR_SVSM_INCOMPLETE && err != ERR_BUSY)
			return err;
	}
	return err;
}

enum error actor_ask(unsigned int actor, uint32_t call, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	const struct request request = {
		.vcpu = (struct vcpu *)&asked, // only compared
		.protocol = 100 + actor,
		.call = call,
		.rcx = rcx,
		.rdx = rdx,
		.r8 = r8,
	};

	return actor_ask_times(actor, &request, 10000);
}

int64_t actor_raw(
	unsigned int actor, uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const uint64_t args[6] = {a, b, c, d};

	memcpy(asked.data, args, sizeof(args));
	asked.size = sizeof(args);
	EXPECT_EQ(actor_ask(actor, PROBE_RAW, number, 0, 0), OK);
	return (int64_t)asked.regs[0];
}

void actor_put(unsigned int actor, uint32_t offset, const void *data, uint32_t size)
{
	memcpy(asked.data, data, size);
	asked.size = size;
	EXPECT_EQ(actor_ask(actor, PROBE_PUT, offset, 0, 0), OK);
}

const uint8_t *actor_get(unsigned int actor, uint32_t offset, uint32_t size)
{
	asked.size = 0;
	EXPECT_EQ(actor_ask(actor, PROBE_GET, offset, size, 0), OK);
	EXPECT_EQ(asked.size, size);
	return asked.data;
}

uint64_t actor_scratch(unsigned int actor)
{
	EXPECT_EQ(actor_ask(actor, PROBE_WHERE, 0, 0, 0), OK);
	return asked.regs[0];
}

uint64_t actor_code(unsigned int actor)
{
	EXPECT_EQ(actor_ask(actor, PROBE_WHERE, 0, 0, 0), OK);
	return asked.regs[1];
}
