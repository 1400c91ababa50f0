// SPDX-License-Identifier: MIT
// One test service (programs/probe.c) without objects, which the test calls as the kernel does.
#ifndef SUITE_PROBING_H
#define SUITE_PROBING_H

#include "kernel/user/service.h"
#include "tests/svsm/programs/probe.h"
#include "tests/svsm/suite.h"

#define PROBE_MEMORY MIB(2)

extern struct service probe;
extern const struct vcpu *const caller; // only compared

// A request's probe_data, in and out
extern uint8_t probe_data[SERVICE_BUFFER_MAX];
extern uint32_t probe_size;

struct bytes probe_program(void);

MUST_USE bool probe_start(void);
void probe_stop(void);

// One call, repeated while it is incomplete. Its first registers, in and out; rdx may be NULL.
enum error probe_call(uint32_t call, uint64_t *rcx, uint64_t *rdx);
// The same, which has to succeed. What it answers in the first register.
uint64_t probe_ask(uint32_t call, uint64_t argument);

#endif
