// SPDX-License-Identifier: MIT
// The end of the vTPM's program for Linux.
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/lib/linux.h"
#include "services/vtpm/mssim.h"

static bool port_parse(const char *text, unsigned int *port)
{
	char *end = NULL;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text < '0' || *text > '9' || number > 65534)
		return false;
	*port = (unsigned int)number;
	return true;
}

int service_elsewhere(const struct service *service, int argc, char **argv)
{
	unsigned int port = 0;

	signal(SIGPIPE, SIG_IGN); // a client that has gone is an error of write()
	if (argc == 2 && strcmp(argv[1], "--stream") == 0)
		return linux_serve_stream(service, STDIN_FILENO, STDOUT_FILENO);
	if (argc == 3 && strcmp(argv[1], "--tcp") == 0) {
		if (port_parse(argv[2], &port))
			return mssim_serve(service, port);
		service_log(
			"--tcp %s: must be a port from 0 to 65534; 0 takes a free one", argv[2]);
	}
	service_log("usage: vtpm-linux --stream      messages on standard input and output");
	service_log(
		"       vtpm-linux --tcp PORT    the TPM simulator's protocol, PORT and PORT+1");
	return 2;
}
