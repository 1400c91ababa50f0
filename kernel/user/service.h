// SPDX-License-Identifier: MIT
/*
 * Services: processes that serve a protocol. One request at a time; who comes meanwhile is told
 * BUSY, which guests answer by asking again. A request that takes long is served in slices: its
 * caller is told INCOMPLETE, and goes on by making the same call again.
 */
#ifndef KERNEL_USER_SERVICE_H
#define KERNEL_USER_SERVICE_H

#include <stdatomic.h>

#include "kernel/request.h"
#include "kernel/user/process.h"

struct service {
	struct process process;
	atomic_uint waiters;		// CPUs that want to take it
	const struct cpu *_Atomic last; // that took it
	atomic_bool taken;		// a CPU uses what follows

	const struct vcpu *owner; // whose request is being served; NULL: none
	struct request asked;	  // that request, as it came
	bool answered;
	uint64_t answered_tsc;
	struct service_message answer;
	uint8_t data[SERVICE_BUFFER_MAX]; // of the answer
};

// Starts a program as a service, and lets it run until it waits for its first request.
// ERR_INVALID_REQUEST: it ended instead; the log tells why.
MUST_USE enum error service_start(
	struct service *service, const char *name, struct bytes program, uint64_t memory);

// One request of a guest's vCPU, and its answer: request->rcx and so on go in and come back, and so
// do *size bytes of the buffer, which has room for SERVICE_BUFFER_MAX.
//	ERR_BUSY              another CPU's request is being served
//	ERR_SVSM_INCOMPLETE   not done yet: call again
//	ERR_INVALID_REQUEST   the service has died
//	else                  what the service answers
MUST_USE enum error service_call(
	struct service *service, struct request *request, uint8_t *buffer, uint32_t *size);

MUST_USE bool service_is_alive(const struct service *service);

// From the process's system call. 0, or a negative errno value.
int64_t service_take_answer(struct process *process, const struct service_message *message);

#endif
