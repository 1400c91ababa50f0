// SPDX-License-Identifier: MIT
/*
 * Several test services (programs/probe.c) with objects, as services_start() would make them from
 * an image, and what a test has them do.
 */
#ifndef SUITE_ACTORS_H
#define SUITE_ACTORS_H

#include "abi/boot.h"
#include "kernel/user/service.h"
#include "tests/svsm/programs/probe.h"
#include "tests/svsm/suite.h"

// What their system calls answer: Linux's numbers, taken from its documents and not from the
// kernel.
#define EPERM	   1
#define ENOENT	   2
#define EBADF	   9
#define EACCES	   13
#define EFAULT	   14
#define EINVAL	   22
#define ENOSPC	   28
#define EPIPE	   32
#define ERANGE	   34
#define EMSGSIZE   90

#define ACTORS_MAX 4

enum { A, B, C, D };

// By their index in the image: a table of struct boot_service to be filled by the test, and the
// services made of it.
extern struct boot_service actor_from[ACTORS_MAX];
extern struct service actors[ACTORS_MAX];

// Begins a test: no objects. Names a, b, c, d; protocols 100 and following.
void actors_begin(void);
// Adds an object to an actor that is not started; `object` as in an image.
void actor_hold(unsigned int actor, struct boot_object object);
void hold_channel(unsigned int actor, unsigned int to);
void hold_namespace(unsigned int actor, const char *name, uint64_t size);
void hold_key(unsigned int actor, const char *name);
// Makes the objects and starts the program. False: it is not started (the test has failed), or,
// with objects_refused, the kernel refused the objects.
MUST_USE bool actor_start(unsigned int actor);
// Starts it again after service_stop(), with the objects that it had.
MUST_USE bool actor_restart(unsigned int actor);
// The kernel must refuse its objects; the log says why.
void actor_expect_refused(unsigned int actor, const char *says);
void actors_end(void);

// One request of the guest's, whose data are in `data`.
struct asked {
	uint64_t regs[3];
	uint32_t size;
	uint8_t data[SERVICE_BUFFER_MAX];
};
extern struct asked asked;

// With these registers; again while it is incomplete or busy.
enum error actor_ask(unsigned int actor, uint32_t call, uint64_t rcx, uint64_t rdx, uint64_t r8);

// A system call of the actor's. `size` bytes at the offsets of its scratch memory:
int64_t actor_raw(
	unsigned int actor, uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
void actor_put(unsigned int actor, uint32_t offset, const void *data, uint32_t size);
const uint8_t *actor_get(unsigned int actor, uint32_t offset, uint32_t size);
uint64_t actor_scratch(unsigned int actor); // address of its scratch memory
uint64_t actor_code(unsigned int actor);    // and of its code, which is read-only

// The same call again, not more often than `times`, until it is neither incomplete nor busy.
enum error actor_ask_times(unsigned int actor, const struct request *request, unsigned int times);

#endif
