// SPDX-License-Identifier: MIT
/*
 * Calls from service to service. A service that calls is CALLING: it does not run, and whoever
 * would run it runs the other service for it, with the same time. So a call in progress is
 * INCOMPLETE to the guest like any other that takes long, and no CPU waits.
 *
 * Services call only those that stand before them in the image's table, so chains of calls end, and
 * a CPU that has taken a service takes only earlier ones.
 */
#ifndef KERNEL_USER_CHANNEL_H
#define KERNEL_USER_CHANNEL_H

#include "kernel/user/service.h"

// The system call (SERVICE_CALL_CALL). 0: the process is CALLING; else it goes on with this result.
int64_t channel_call(struct process *process, const uint64_t *args);

// Goes on with the call of a service that is CALLING, until it is answered or this time of the TSC.
void channel_serve(struct service *service, uint64_t deadline);

// From the callee's side: takes its answer, or says that there will be none. The caller is served
// with the next request from then on.
MUST_USE int64_t channel_take_answer(struct service *callee, const struct service_message *message);
void channel_break(struct service *callee);

// A caller that is stopped: nobody waits for its answer any more.
void channel_abandon(struct service *service);

#endif
