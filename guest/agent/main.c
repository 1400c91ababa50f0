// SPDX-License-Identifier: MIT
// The agent: ready, one request, its outcome. agent.h says what goes over which port.
#include "guest/agent/agent.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUEST_MAX (1 << 20)

// A command that restarts the guest sees which start this is.
static void boot_tell(unsigned int boot)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", boot);
	setenv("COPRA_BOOT", text, 1);
}

// What the command says is handed on before it does anything else, such as restarting the guest.
static void go_first(void)
{
	struct sched_param priority = {.sched_priority = 1};

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority))
		fail("sched_setscheduler");
}

// Returns the exit status of what the launcher asked for.
static int request_serve(void)
{
	char line[256], term[64] = "linux";
	unsigned int rows = 24, columns = 80, boot = 1;
	unsigned long size;

	request_line(line, sizeof(line));
	if (sscanf(line, "run %lu %u", &size, &boot) == 2 && size <= REQUEST_MAX) {
		boot_tell(boot);
		return command_run(size);
	}
	if (sscanf(line, "shell %u %u %63s", &rows, &columns, term) >= 2)
		return shell_run(rows, columns, term);
	fail("unknown request");
}

int main(void)
{
	int status;

	signals_catch();
	ports_open();
	tell("ready %lld.%03lld\n", now_ms() / 1000, now_ms() % 1000);
	log_start();
	go_first();
	status = request_serve();
	port_drain(PORT_OUT);
	port_drain(PORT_ERR);
	log_finish();
	if (restart_asked())
		restart();
	tell("exit %d\n", status);
	power_off();
}
