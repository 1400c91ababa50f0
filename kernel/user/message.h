// SPDX-License-Identifier: MIT
// The kernel's own system calls: requests and answers (abi/service.h).
#ifndef KERNEL_USER_MESSAGE_H
#define KERNEL_USER_MESSAGE_H

#include "kernel/user/process.h"

// Sizes and reserved field of what a service hands over.
MUST_USE bool message_is_sound(const struct service_message *message);

// Takes the answer, and makes the process wait. A negative errno value: the answer or the
// structure is wrong, and nothing has happened.
int64_t message_reply_and_wait(struct process *process, const uint64_t *args);

#endif
