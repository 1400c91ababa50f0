// SPDX-License-Identifier: MIT
/*
 * Services: processes that serve a protocol. One request at a time; who comes meanwhile is told
 * BUSY, which guests answer by asking again. A request that takes long is served in slices: its
 * caller is told INCOMPLETE, and goes on by making the same call again. Callers are vCPUs of the
 * guest and other services (channel.h).
 *
 * Calls are the same when vCPU and registers are. A call in steps has a ticket instead, a number
 * used once: any vCPU may go on with it, and an equal call with another ticket is another call.
 */
#ifndef KERNEL_USER_SERVICE_H
#define KERNEL_USER_SERVICE_H

#include <stdatomic.h>

#include "kernel/request.h"
#include "kernel/user/object.h"
#include "kernel/user/process.h"

// How far the call is that a service has made itself. Whoever ends it does not hold that service:
// once CALL_ENDED is seen, the rest of it is its holder's again.
enum call_state { CALL_NONE, CALL_MADE, CALL_GIVEN, CALL_ENDED };

struct service_call_made {
	struct service *callee;
	struct service_message message; // as it was asked
	uint64_t address;		// where that is
	int64_t result;			// 0, or a negative errno value
	struct service_message answer;	// its data are in service.data
};

struct service {
	struct process process;
	uint32_t protocol;		// that it serves
	bool debug;			// may have its registers logged
	struct object_table objects;	// that it holds
	atomic_uint waiters;		// CPUs that want to take it
	const struct cpu *_Atomic last; // that took it
	atomic_bool taken;		// a CPU uses what follows

	const void *owner;	// whose request is being served: a vCPU or a service; NULL: none
	struct service *caller; // that service; NULL: it is a vCPU
	struct request asked;	// the vCPU's request, as it came
	bool answered;
	uint64_t answered_tsc;
	struct service_message answer;
	uint8_t data[SERVICE_BUFFER_MAX]; // of the answer; before that, of a call to another
					  // service

	struct service_call_made call;
	_Atomic enum call_state call_state;
};

// Starts a program as a service, and lets it run until it waits for its first request. What it
// serves and holds stands in the structure already. ERR_INVALID_REQUEST: it ended instead; the log
// tells why.
MUST_USE enum error service_start(
	struct service *service, const char *name, struct bytes program, uint64_t memory);

// Ends it, whatever it is doing, and gives its memory back; it can be started again. What it holds
// stays in the structure.
void service_stop(struct service *service);

// One request of a guest's vCPU, and its answer: request->rcx and so on go in and come back, and so
// do *size bytes of the buffer, which has room for SERVICE_BUFFER_MAX.
//	ERR_BUSY              another CPU's request is being served
//	ERR_SVSM_INCOMPLETE   not done yet: call again
//	ERR_INVALID_REQUEST   the service has died; request->resume: no such call is under way
//	else                  what the service answers
MUST_USE enum error service_call(
	struct service *service, struct request *request, uint8_t *buffer, uint32_t *size);

// For a reboot of the guest. Helps a request along that is being served; ERR_SVSM_INCOMPLETE: it is
// not done yet.
MUST_USE enum error service_settle(struct service *service);

// The next two while no other CPU can call it. Tells a settled service that the guest starts
// anew; false: it has not done what that asks for.
MUST_USE bool service_reset(struct service *service);

// Drops an answer that its caller has not come for.
void service_forget(struct service *service);

MUST_USE bool service_is_alive(const struct service *service);

// --- for the files of this folder

struct service *service_of(struct process *process);

// From the process's system call. 0, or a negative errno value.
int64_t service_take_answer(struct process *process, const struct service_message *message);

// One CPU at a time. False: another one has it, and did not let go for some hundred microseconds.
MUST_USE bool service_take(struct service *service);
void service_release(struct service *service);

// How long a call may run before its caller is told to ask again, in TSC ticks: some milliseconds.
#define SLICE_TICKS (1ull << 24)

// For who has taken it. Runs it until it waits, ends, or this time of the TSC.
void service_run(struct service *service, uint64_t deadline);

// One that has ended: what it knew is gone with it, a half-copied answer too.
void service_bury(struct service *service);

// Hands a request over. ERR_INVALID_REQUEST: it cannot take one, and was ended.
MUST_USE enum error service_give(
	struct service *service, const struct service_message *message, const uint8_t *data);

// Forgets an answer that nobody comes for.
void service_drop_stale(struct service *service);

// Nobody waits any more for what it is doing.
void service_orphan(struct service *service);

#endif
