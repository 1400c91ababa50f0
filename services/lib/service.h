// SPDX-License-Identifier: MIT
/*
 * What every service uses. A service is a single-threaded program that answers requests, one after
 * the other:
 *
 *	static uint32_t name_hello(struct service_request *request) { ... return SVSM_SUCCESS; }
 *	static const struct service_call calls[] = {{PROTOCOL, CALL, name_hello}};
 *	static const struct service service = {.name = "name", .calls = calls, .call_count = 1};
 *	int main(int argc, char **argv) { return service_run(&service, argc, argv); }
 *
 * docs/services.md walks through a whole one, services/template/.
 */
#ifndef SERVICES_LIB_SERVICE_H
#define SERVICES_LIB_SERVICE_H

#include "abi/service.h"
#include "abi/svsm.h"
#include "lib/util.h"

/*
 * One request, and in the same place its answer. `data` has room for SERVICE_BUFFER_MAX bytes, of
 * which the first `size` are the request's; the service sets `size` to that of its answer. All of
 * it comes from the caller, who may be the guest: nothing in it is to be trusted.
 */
struct service_request {
	uint32_t call;
	uint32_t caller; // SERVICE_CALLER_*
	uint32_t caller_id;
	uint64_t regs[4]; // RCX, RDX, R8, R9; the first three go back
	uint8_t *data;
	uint32_t size;
};

// Gives SVSM_SUCCESS or an SVSM_ERR_* code. After an error the caller gets its own registers back
// and no data, whatever the function has written.
typedef uint32_t service_handler(struct service_request *request);

struct service_call {
	uint32_t protocol;
	uint32_t call;
	service_handler *handle;
};

struct service {
	const char *name;    // stands before each line of its log
	void (*start)(void); // before the first request; may be NULL
	// The guest starts anew (docs/reboot.md); NULL for services that keep what they have.
	uint32_t (*reset)(void);
	const struct service_call *calls;
	size_t call_count;
};

// Answers requests for ever. Returns the program's exit status when there is nobody to serve.
int service_run(const struct service *service, int argc, char **argv);

// One line to the log, cut at 200 bytes. No secrets: the host may be able to read it.
void service_log(const char *format, ...) PRINTF_LIKE(1, 2);

// Random bytes from the kernel, which takes them from the processor. False, and a wiped buffer,
// when there are none: there is no second source, and the caller must not go on without.
MUST_USE bool service_random(void *buffer, size_t size);

#endif
