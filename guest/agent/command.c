// SPDX-License-Identifier: MIT
// One command, with pipes for its streams.
#include "guest/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void nonblock(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static pid_t command_start(char **argv)
{
	int in[2], out[2], err[2];
	pid_t pid;

	pipe_make(in);
	pipe_make(out);
	pipe_make(err);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid) {
		setsid();
		signals_default();
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		execvp(argv[0], argv);
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	nonblock(in[1]);
	nonblock(out[0]);
	nonblock(err[0]);
	flow_in = (struct flow){.from = port_fd[PORT_IN], .to = in[1]};
	flow_out = (struct flow){.from = out[0], .to = port_fd[PORT_OUT]};
	flow_err = (struct flow){.from = err[0], .to = port_fd[PORT_ERR]};
	return pid;
}

int command_run(size_t size)
{
	char *args = malloc(size + 1), **argv;
	size_t count = 0, i = 0;
	pid_t pid;

	if (!args || !size)
		fail("bad request");
	request_read(args, size);
	args[size] = 0;
	argv = calloc(size + 1, sizeof(*argv));
	if (!argv)
		fail("bad request");
	while (i < size) {
		argv[count++] = args + i;
		i += strlen(args + i) + 1;
	}
	pid = command_start(argv);
	free(argv);
	free(args);
	return command_follow(pid, -1);
}
