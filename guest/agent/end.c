// SPDX-License-Identifier: MIT
// The end: power off, restart, or a failure that is told first.
#include "guest/agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

__attribute__((noreturn)) void power_off(void)
{
	for (int i = 0; i < PORT_COUNT; i++)
		port_drain(i);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

__attribute__((noreturn)) void restart(void)
{
	sync();
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

__attribute__((noreturn)) void fail(const char *what)
{
	fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
	if (port_fd[PORT_CTL] >= 0)
		tell("error %s: %s\n", what, strerror(errno));
	power_off();
}
