// SPDX-License-Identifier: MIT
/*
 * What a program in ring 3 does (fuzz_syscall.c), by the input: system calls with any arguments,
 * messages, names and vectors in its memory, writes, page faults as the processor raises them,
 * exceptions and events.
 */
#ifndef TESTS_FUZZ_ACTION_H
#define TESTS_FUZZ_ACTION_H

#include "kernel/user/process.h"
#include "tests/fuzz/fuzz.h"

#define ACTION_NUMBERS	   512 // of Linux's system calls
#define ACTION_OWN_NUMBERS 16  // and from SERVICE_CALL_BASE on

extern struct input action_input;
extern bool action_known[ACTION_NUMBERS + ACTION_OWN_NUMBERS]; // those that the kernel has
uint64_t action_number(size_t i);
size_t action_index(uint64_t number);

// The frame says afterwards what the program needs. False: nothing, it goes on.
bool action_take(struct process *process, struct trap_frame *frame, uint64_t what);

// Answers, as the services' library does it; ends instead when it has lost its message.
void action_reply(struct process *process, struct trap_frame *frame);
void action_exit(struct trap_frame *frame);

#endif
