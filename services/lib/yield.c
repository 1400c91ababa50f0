// SPDX-License-Identifier: MIT
#include <sched.h>

#include "services/lib/service.h"

void service_yield(void)
{
	// Every system call is such an occasion; this one does nothing else.
	ignore_result(sched_yield() == 0);
}
