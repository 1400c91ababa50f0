// SPDX-License-Identifier: MIT
// An interactive shell on a terminal of the guest's.
#include "guest/agent/agent.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static void terminal_size(int terminal, unsigned int rows, unsigned int columns)
{
	struct winsize size = {
		.ws_row = (unsigned short)rows,
		.ws_col = (unsigned short)columns,
	};

	ioctl(terminal, TIOCSWINSZ, &size);
}

void terminal_control(int terminal)
{
	static char line[64];
	static size_t n;
	unsigned int rows, columns;

	while (read(port_fd[PORT_CTL], line + n, 1) == 1) {
		if (n < sizeof(line) - 2 && line[n] != '\n') {
			n++;
			continue;
		}
		line[n] = 0;
		n = 0;
		if (sscanf(line, "size %u %u", &rows, &columns) == 2)
			terminal_size(terminal, rows, columns);
	}
}

static void shell_exec(const char *path, const char *term)
{
	int fd;

	setsid();
	signals_default();
	fd = open(path, O_RDWR);
	if (fd < 0)
		_exit(127);
	ioctl(fd, TIOCSCTTY, 1);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	setenv("TERM", term, 1);
	execl("/bin/sh", "-sh", NULL);
	_exit(127);
}

int shell_run(unsigned int rows, unsigned int columns, const char *term)
{
	int terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int unlock = 0;
	unsigned int number;
	char path[32];
	pid_t pid;

	if (terminal < 0 || ioctl(terminal, TIOCSPTLCK, &unlock) ||
		ioctl(terminal, TIOCGPTN, &number))
		fail("/dev/ptmx");
	snprintf(path, sizeof(path), "/dev/pts/%u", number);
	// Kept open: without any user the terminal would read as at its end.
	if (open(path, O_RDWR | O_NOCTTY | O_CLOEXEC) < 0)
		fail(path);
	terminal_size(terminal, rows, columns);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid)
		shell_exec(path, term);
	flow_in = (struct flow){.from = port_fd[PORT_IN], .to = terminal};
	flow_out = (struct flow){.from = terminal, .to = port_fd[PORT_OUT]};
	flow_err = (struct flow){.done = true};
	return command_follow(pid, terminal);
}
