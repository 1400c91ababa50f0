// SPDX-License-Identifier: MIT
// A command or shell while it runs: its streams, its end.
#include "guest/agent/agent.h"

#include <signal.h>
#include <unistd.h>

// The input is at its end: a command sees that, a terminal hangs up.
static void input_ended(pid_t pid, int terminal)
{
	if (terminal >= 0)
		kill(-pid, SIGHUP);
	else
		close(flow_in.to);
}

// In milliseconds: none when only the rest of the output is wanted, short while input may go on.
static int poll_wait(bool ending)
{
	if (ending)
		return 0;
	return flow_in.empty_since && !flow_in.done ? 20 : 1000;
}

static bool output_is_written(bool ready)
{
	if (flow_out.done && flow_err.done)
		return true;
	return !ready && !flow_full(&flow_out) && !flow_full(&flow_err);
}

int command_follow(pid_t pid, int terminal)
{
	bool ended = false, input_open = true;
	int status = 0;

	for (;;) {
		struct pollfd p[5] = {
			{.fd = child_events(), .events = POLLIN},
			{.fd = terminal >= 0 ? port_fd[PORT_CTL] : -1, .events = POLLIN},
			flow_poll(&flow_in),
			flow_poll(&flow_out),
			flow_poll(&flow_err),
		};
		bool ready = poll(p, 5, poll_wait(ended || restart_asked())) != 0;

		child_events_clear();
		if (reap(pid, &status))
			ended = true;
		if (terminal >= 0)
			terminal_control(terminal);
		flows_step();
		if (flow_in.done && input_open) {
			input_ended(pid, terminal);
			input_open = false;
		}
		if (!ended && !restart_asked())
			continue;
		flow_in.done = true;
		if (output_is_written(ready))
			return exit_status(status);
	}
}
