// SPDX-License-Identifier: MIT
// The calls of the test service, by probe.h's numbers: each takes its arguments from the message
// and answers there.
#ifndef SUITE_PROGRAMS_CALLS_H
#define SUITE_PROGRAMS_CALLS_H

#include <stdint.h>

#include "tests/svsm/programs/probe.h"

extern struct service_message message;
extern uint8_t buffer[SERVICE_BUFFER_MAX]; // its data

// What every service does (ordinary.c)
void echo_reversed(void);
void use_heap(void);
void work(void);
void spin(void);
void xmm_set(void);
void xmm_get(void);
void floating_point(void);
void ask_random(void);
void print(void);
void chatter(void);
void who(void);
void keep_registers(void);

// What a hostile one tries (hostile.c)
void read_at(void);
void write_at(void);
void jump(void);
void instruction(void);
void use_up_memory(void);
void map_executable(void);
void run_data(void);
void recurse(void);
void call_system(void);
void end(void);
void abort_itself(void);
void mark(void);

// What the test makes it do (puppet.c)
void raw(void);
void where(void);
void put(void);
void get(void);
void ask(void);

#endif
