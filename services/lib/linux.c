// SPDX-License-Identifier: MIT
// The end of a service's program for Linux that needs nothing but a stream of messages.
#include <string.h>
#include <unistd.h>

#include "services/lib/linux.h"

int service_elsewhere(const struct service *service, int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--stream") == 0)
		return linux_serve_stream(service, STDIN_FILENO, STDOUT_FILENO);
	service_log("usage: %s-linux --stream   (messages on standard input and output)",
		service->name);
	return 2;
}
