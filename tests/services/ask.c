// SPDX-License-Identifier: MIT
/*
 * ask PROGRAM [ARGUMENT...]: sends the requests on standard input to a service that speaks the
 * stream of services/lib/linux.h, and prints the answers.
 *
 *	in, one a line:   PROTOCOL CALL RCX [DATA]          numbers in hex, data as hex digits; its
 *	                                                    first word may be pad:N, N bytes in all
 *	out, one a line:  RESULT RCX RDX R8 [DATA]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/service.h"
#include "services/lib/linux.h"

static int to_service;
static int from_service;

static void die(const char *what)
{
	fprintf(stderr, "ask: %s\n", what);
	exit(1);
}

static pid_t service_start(char **argv)
{
	int in[2];
	int out[2];
	pid_t child;

	if (pipe(in) || pipe(out))
		die("no pipe");
	child = fork();
	if (child == 0) {
		if (dup2(in[0], STDIN_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0)
			_exit(127);
		close(in[0]), close(in[1]), close(out[0]), close(out[1]);
		execv(argv[0], argv);
		_exit(127);
	}
	if (child < 0)
		die("no process");
	close(in[0]), close(out[1]);
	to_service = in[1];
	from_service = out[0];
	return child;
}

static uint32_t data_parse(const char *text, uint8_t *data)
{
	unsigned int pad = 0;
	unsigned int byte = 0;
	uint32_t size = 0;
	int used = 0;

	memset(data, 0, SERVICE_BUFFER_MAX);
	if (sscanf(text, " pad:%u%n", &pad, &used) == 1)
		text += used;
	for (used = 0; size < SERVICE_BUFFER_MAX && sscanf(text, " %2x%n", &byte, &used) == 1;
		text += used) {
		data[size++] = (uint8_t)byte;
	}
	return pad > size && pad <= SERVICE_BUFFER_MAX ? pad : size;
}

static void answer_print(const struct service_message *m, const uint8_t *data)
{
	printf("%x %llx %llx %llx", m->result, (unsigned long long)m->regs[0],
		(unsigned long long)m->regs[1], (unsigned long long)m->regs[2]);
	for (uint32_t i = 0; i < m->size; i++) {
		printf(i == 0 ? " %02x" : "%02x", data[i]);
	}
	putchar('\n');
}

static void request_make(const char *line, struct service_message *m, uint8_t *data)
{
	unsigned long long rcx = 0;
	int used = 0;

	memset(m, 0, sizeof(*m));
	if (sscanf(line, "%x %x %llx%n", &m->protocol, &m->call, &rcx, &used) != 3)
		die("not a request: PROTOCOL CALL RCX [DATA]");
	m->caller = SERVICE_CALLER_GUEST;
	m->regs[0] = rcx;
	m->size = data_parse(line + used, data);
}

static void ask_line(const char *line)
{
	static uint8_t data[SERVICE_BUFFER_MAX];
	struct service_message m;
	size_t got = 0;

	request_make(line, &m, data);
	if (!linux_write(to_service, &m, sizeof(m)) || !linux_write(to_service, data, m.size))
		die("the service does not read");
	if (!linux_read(from_service, &m, sizeof(m), &got) || m.size > sizeof(data) ||
		!linux_read(from_service, data, m.size, &got))
		die("the service does not answer");
	answer_print(&m, data);
}

int main(int argc, char **argv)
{
	static char line[3 * SERVICE_BUFFER_MAX];
	int status = 0;
	pid_t child;

	if (argc < 2)
		die("usage: ask PROGRAM [ARGUMENT...]");
	alarm(120);
	child = service_start(argv + 1);
	while (fgets(line, sizeof(line), stdin))
		ask_line(line);
	close(to_service);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		die("the service was killed");
	return WEXITSTATUS(status);
}
