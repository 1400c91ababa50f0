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

// In a long computation, every few milliseconds: here the kernel may turn to the caller's
// interrupts. It does so at every system call, and where it has a timer also without.
void service_yield(void);

/*
 * Objects: what the manifest grants besides memory. A handle is the object's number in the
 * manifest, from 0. All of these fail when the handle is another kind of object, or none.
 */

// Calls another service. `request` is as in a handler: call, regs, data with room for
// SERVICE_BUFFER_MAX bytes, and size; the answer takes their place. Gives the other's result;
// SVSM_ERR_INVALID_REQUEST without an answer: it has ended, or the handle is wrong, and the request
// is as it was.
uint32_t service_ask(unsigned int handle, struct service_request *request);

// Blobs of a namespace: they outlive the service, not the VM, and take whole pages of 4 KiB. Names
// have 1 to 23 bytes. put replaces a blob as a whole, or gives false and changes nothing.
MUST_USE bool service_blob_put(
	unsigned int handle, const char *name, const void *data, size_t size);
// The size of the blob, of which as much as there is room for is copied; -1: there is none.
MUST_USE long service_blob_get(unsigned int handle, const char *name, void *buffer, size_t room);
MUST_USE bool service_blob_remove(unsigned int handle, const char *name);
// The name and size of blob number `index`, from 0; -1: there are not so many. The order is none.
MUST_USE long service_blob_list(
	unsigned int handle, size_t index, char name[SERVICE_BLOB_NAME_MAX]);

// A key that all services have whose manifests name it, and nobody else. It is made at the start of
// the VM and gone with its last holder: good to speak with each other, not to keep what shall be
// read later.
MUST_USE bool service_key(unsigned int handle, uint8_t key[SERVICE_KEY_SIZE]);

// One access of 1, 2, 4 or 8 bytes (ports: 4 at most), at an offset into the range, aligned. What
// is read is the host's word: not to be trusted.
MUST_USE bool service_device_read(
	unsigned int handle, uint64_t offset, size_t size, uint64_t *value);
MUST_USE bool service_device_write(
	unsigned int handle, uint64_t offset, size_t size, uint64_t value);

#endif
