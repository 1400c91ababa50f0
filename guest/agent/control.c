// SPDX-License-Identifier: MIT
// What is said to the launcher, and what it asks for, on copra.ctl.
#include "guest/agent/agent.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

__attribute__((format(printf, 1, 2))) void tell(const char *format, ...)
{
	char line[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n < 0)
		return;
	if (n > (int)sizeof(line) - 1)
		n = sizeof(line) - 1;
	write_all(port_fd[PORT_CTL], line, (size_t)n);
}

// Reads exactly size bytes of the request; the port reads as empty until the host is connected.
void request_read(char *data, size_t size)
{
	while (size) {
		struct pollfd p = {.fd = port_fd[PORT_CTL], .events = POLLIN};
		ssize_t n;

		poll(&p, 1, 1000);
		n = read(port_fd[PORT_CTL], data, size);
		if (n <= 0) {
			sleep_ms(2);
			continue;
		}
		data += n;
		size -= (size_t)n;
	}
}

void request_line(char *line, size_t size)
{
	size_t n = 0;

	do {
		if (n == size - 1)
			fail("request too long");
		request_read(line + n, 1);
	} while (line[n++] != '\n');
	line[n - 1] = 0;
}
