// SPDX-License-Identifier: MIT
// Long commands, and how to run them in steps: VTPM_SEND_IN_STEPS, docs/guest-abi.md.
#ifndef GUEST_STEPS_H
#define GUEST_STEPS_H

#include "tests/guest-bare/tpm.h"

#define STEPS_BUFFER_GPA(n) (FRESH(26) + (n)*0x2000ull) // two pages for each CPU

#define STEPS_MAX	    100000
// Besides what command_run() says
#define STEP_OTHER_TICKET (UINT32_MAX - 2)
#define STEP_NO_END	  (UINT32_MAX - 3)

void put_rsa_key(uint64_t gpa, uint32_t unique); // CreatePrimary; another key for each number
bool object_flush(uint64_t gpa, uint32_t handle);

uint64_t command_call_once(uint64_t gpa); // whatever the answer is
uint64_t step_begin(uint64_t gpa);	  // the command that is there
uint64_t step_resume(uint64_t gpa, uint64_t ticket);
uint64_t step_ticket(uint64_t gpa); // 0: there is none, since it has not begun, or is finished
uint32_t step_finish(uint64_t gpa, uint64_t ticket); // all the rest
uint32_t run_in_steps(uint64_t gpa);

#endif
