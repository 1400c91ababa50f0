// SPDX-License-Identifier: MIT
// The kernel's own system calls: requests and answers (abi/service.h).
#ifndef KERNEL_USER_MESSAGE_H
#define KERNEL_USER_MESSAGE_H

#include "kernel/user/process.h"

// Takes the answer, and makes the process wait. A negative errno value: the answer or the
// structure is wrong, and nothing has happened.
int64_t message_reply_and_wait(struct process *process, uint64_t address);

#endif
