// SPDX-License-Identifier: MIT
// The TPM as the guest sees it: commands through protocol 2, and random numbers that can run out.
#ifndef TESTS_SERVICES_VTPM_ASK_H
#define TESTS_SERVICES_VTPM_ASK_H

#include "tests/unit/unit.h"

#define ASK_RESPONSE_MAX 4092
#define PCR_SIZE	 32 // SHA-256

// Calls of service_random() that still work; below 0: all.
extern int random_left;
extern unsigned int random_calls;

// A command without its header's size; gives the response code, or 0xffffffff when the service
// refused it. `response` may be NULL, otherwise it gets the whole response.
uint32_t ask(const void *command, size_t size, uint8_t *response);
uint32_t ask_startup(uint16_t type);

void pcr_read(unsigned int pcr, uint8_t *value);
uint32_t pcr_extend(unsigned int pcr, uint8_t byte);

#endif
