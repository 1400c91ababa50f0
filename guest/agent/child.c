// SPDX-License-Identifier: MIT
// Processes: this is process 1, which hears of every child and is asked for restarts.
#include "guest/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int child_pipe[2]; // written to by the SIGCHLD handler

static void on_child(int number)
{
	int saved = errno;

	(void)number;
	if (write(child_pipe[1], "", 1) < 0) {
		// A full pipe says as much.
	}
	errno = saved;
}

static volatile sig_atomic_t restarting; // `reboot` asks process 1

static void on_restart(int number)
{
	restarting = 1;
	on_child(number);
}

bool restart_asked(void)
{
	return restarting;
}

void pipe_make(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC))
		fail("pipe");
}

void signals_catch(void)
{
	struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_RESTART};
	struct sigaction asked = {.sa_handler = on_restart, .sa_flags = SA_RESTART};

	signal(SIGPIPE, SIG_IGN);
	if (pipe2(child_pipe, O_CLOEXEC | O_NONBLOCK))
		fail("pipe");
	sigaction(SIGCHLD, &action, NULL);
	sigaction(SIGTERM, &asked, NULL);
}

void signals_default(void)
{
	sigset_t none;

	signal(SIGTERM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

bool reap(pid_t command, int *status)
{
	bool ended = false;
	int s;
	pid_t pid;

	while ((pid = waitpid(-1, &s, WNOHANG)) > 0) {
		if (pid == command) {
			*status = s;
			ended = true;
		}
	}
	return ended;
}

int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int child_events(void)
{
	return child_pipe[0];
}

void child_events_clear(void)
{
	char drop[16];

	while (read(child_pipe[0], drop, sizeof(drop)) > 0)
		;
}
