// SPDX-License-Identifier: MIT
/*
 * One loop a CPU: take events, serve the guest's request, run the guest or wait. Every round looks
 * at the state itself and not at what woke the CPU, so a wake that was not needed costs a round
 * and a missed reason is found in the next.
 */
#include "kernel/event_loop.h"

#include "kernel/platform.h"
#include "kernel/reboot.h"
#include "kernel/request.h"
#include "kernel/tlb.h"
#include "kernel/vcpu.h"

static void idle(void)
{
	// The host may start this CPU's guest meanwhile.
	tlb_leave_kernel();
	if (!reboot_is_on())
		platform_idle();
	tlb_enter_kernel();
}

static bool run_guest(void)
{
	tlb_leave_kernel();
	bool ran = reboot_is_on() || platform_run_guest();

	tlb_enter_kernel();
	return ran;
}

_Noreturn void event_loop(void)
{
	for (;;) {
		platform_take_events();
		reboot_wait();
		struct vcpu *vcpu = vcpu_begin();

		if (vcpu == NULL) {
			idle();
			continue;
		}
		if (!request_serve(vcpu))
			continue;
		vcpu_end(vcpu);
		// The guest registers a vCPU here before it tells the host: until then there is
		// nothing to run.
		if (!run_guest())
			idle();
	}
}
