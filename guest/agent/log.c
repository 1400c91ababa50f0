// SPDX-License-Identifier: MIT
// The kernel log, to the port copra.log.
#include "guest/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// A record of /dev/kmsg is "priority,sequence,microseconds,flags;text\n" and lines of details.
static void log_record(char *record, ssize_t size)
{
	char line[8300];
	unsigned int priority = 0;
	unsigned long long usec = 0;
	char *text, *end;
	int n;

	record[size] = 0;
	text = strchr(record, ';');
	if (!text || sscanf(record, "%u,%*u,%llu", &priority, &usec) != 2)
		return;
	end = strchr(++text, '\n');
	if (end)
		*end = 0;
	n = snprintf(line, sizeof(line), "<%u>[%5llu.%06llu] %s\n", priority & 7, usec / 1000000,
		usec % 1000000, text);
	if (n > 0)
		write_all(port_fd[PORT_LOG], line, (size_t)n);
}

// The agent keeps the pipe's writing end: closing it asks for the rest of the log, and the end.
static pid_t log_pid = -1;
static int log_stop[2];

static void log_follow(void)
{
	static char record[8192 + 1];
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	struct pollfd p[2] = {
		{.fd = fd, .events = POLLIN},
		{.fd = log_stop[0], .events = POLLIN},
	};
	bool stop = false;

	while (fd >= 0) {
		ssize_t n = read(fd, record, sizeof(record) - 1);

		if (n > 0) {
			log_record(record, n);
			continue;
		}
		if (n == 0 || (errno != EAGAIN && errno != EPIPE && errno != EINTR))
			return;
		if (stop && errno == EAGAIN)
			return;
		if (poll(p, 2, -1) > 0 && p[1].revents)
			stop = true;
	}
}

void log_start(void)
{
	if (pipe2(log_stop, O_CLOEXEC))
		fail("pipe");
	log_pid = fork();
	if (log_pid)
		return;
	signals_default();
	close(log_stop[1]);
	log_follow();
	port_drain(PORT_LOG);
	_exit(0);
}

void log_finish(void)
{
	long long end = now_ms() + DRAIN_WAIT_MS;

	if (log_pid < 0)
		return;
	close(log_stop[1]);
	while (waitpid(log_pid, NULL, WNOHANG) == 0 && now_ms() < end)
		sleep_ms(2);
}
