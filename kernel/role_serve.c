// SPDX-License-Identifier: MIT
// The SVSM: starts the guest's firmware and serves its requests.
#include "kernel/event_loop.h"
#include "kernel/firmware.h"
#include "kernel/guest_memory.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/page.h"
#include "kernel/platform.h"
#include "kernel/role.h"
#include "kernel/services.h"

_Noreturn void role_run(void)
{
	if (!platform_has_guests()) {
		log_info("platform %s: no guest can run here; powering off", platform_name());
		platform_power_off();
	}
	services_start();
	bool has_guest = firmware_launch();

	log_info("heap: %lu KiB free, guest: %lu KiB valid in %lu runs",
		TO_KIB(page_count_free() * PAGE_SIZE), TO_KIB(guest_count_valid() * PAGE_SIZE),
		guest_count_runs());
	if (has_guest)
		log_info("guest: starting firmware at VMPL2");
	else
		log_warn("guest: the image holds no firmware");
	event_loop();
}

_Noreturn void role_run_other(void)
{
	event_loop();
}

void role_ending(enum terminate_reason reason)
{
	(void)reason;
}
