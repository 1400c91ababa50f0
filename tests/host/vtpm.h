// SPDX-License-Identifier: MIT
// For the tests of protocol 2 (test_vtpm*.c): commands of a guest, and a service for them.
#ifndef TESTS_HOST_VTPM_H
#define TESTS_HOST_VTPM_H

#include "abi/vtpm.h"
#include "tests/host/service.h"

#define VTPM(call) FAKE_CALL(SVSM_PROTOCOL_VTPM, call)

extern const struct fake_config vtpm_config;

uint32_t vtpm_serve(struct request *request, uint8_t *buffer, uint32_t *size);
void vtpm_begin(void); // service_begin() with it

// RAX of the command in the buffer there
uint32_t command(uint64_t gpa);

// Into BUFFER, in steps: a command of 12 bytes, or the rest of the one with this ticket
void put_begin(void);
void put_resume(uint64_t ticket);

#endif
