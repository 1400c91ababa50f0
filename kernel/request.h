// SPDX-License-Identifier: MIT
/*
 * The guest's requests: taken out of its VMSA and calling area once, dispatched, answered there.
 * A protocol is one entry of the table in request.c.
 */
#ifndef KERNEL_REQUEST_H
#define KERNEL_REQUEST_H

#include "kernel/error.h"

struct vcpu;

// Registers of a call, in and out (document 58019, section 4).
struct request {
	struct vcpu *vcpu; // the caller; NULL afterwards: it is no more
	uint32_t protocol;
	uint32_t call;
	uint64_t rcx, rdx, r8, r9;

	// A service's call in steps (user/service.h)
	uint64_t ticket; // 0: an ordinary call
	bool resume;	 // goes on with the call of this ticket, and begins none
};

// Decodes the parameters, which changes nothing, then does what was asked.
typedef enum error (*request_handler)(struct request *request);

struct protocol {
	uint32_t id;
	uint32_t version_min;
	uint32_t version_max;
	const request_handler *handlers; // by call number; NULL: unsupported call
	uint32_t handler_count;
	bool (*is_there)(void); // NULL: always
	request_handler any;	// instead of handlers: serves every call
};

// NULL: unsupported.
const struct protocol *protocol_find(uint32_t id);

// Serves the request that may be pending on the vCPU of this CPU. False: the vCPU is no more.
MUST_USE bool request_serve(struct vcpu *vcpu);

#endif
