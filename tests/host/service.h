// SPDX-License-Identifier: MIT
// For the tests of calls to a service: one that notes what it was asked and answers what the test
// says, and the guest's buffer for it.
#ifndef TESTS_HOST_SERVICE_H
#define TESTS_HOST_SERVICE_H

#include "abi/service.h"
#include "kernel/request.h"
#include "tests/host/host.h"

#define BUFFER FAKE_FREE_GPA // page-aligned, and the next page is the guest's too

// What the service was asked, last and how often
struct service_asked {
	uint32_t times;
	struct request request;
	uint32_t size;
	uint8_t data[SERVICE_BUFFER_MAX];
};
extern struct service_asked asked;

// What it answers: a result, and so many bytes of 0xbb
extern uint32_t reply, reply_size;

// For what is given to fake_service()
uint32_t service_note(const struct request *request, uint8_t *buffer, uint32_t *size);

// The state after fake_boot(), with this service, which answers OK, and random bytes in BUFFER and
// the two pages behind it.
void service_begin(uint32_t (*serve)(struct request *request, uint8_t *buffer, uint32_t *size),
	uint32_t bytes);

// The kernel keeps nothing of a call.
bool buffer_is_wiped(void);

#endif
