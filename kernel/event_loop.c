// SPDX-License-Identifier: MIT
/*
 * One loop a CPU: take events, serve the guest's request, run the guest or wait. Every round looks
 * at the state itself and not at what woke the CPU, so a wake that was not needed costs a round
 * and a missed reason is found in the next.
 */
#include "kernel/event_loop.h"

#include "kernel/log.h"
#include "kernel/platform.h"
#include "kernel/request.h"
#include "kernel/vcpu.h"

_Noreturn void event_loop(void)
{
	for (;;) {
		platform_take_events();
		struct vcpu *vcpu = vcpu_begin();

		if (vcpu == NULL) {
			platform_idle();
			continue;
		}
		request_serve(vcpu);
		vcpu_end(vcpu);
		// The guest registers a vCPU here before it tells the host: until then there is
		// nothing to run.
		if (!platform_run_guest())
			platform_idle();
	}
}
