// SPDX-License-Identifier: MIT
// The end of a service's program for Linux that needs nothing but a stream of messages.
#include <string.h>
#include <unistd.h>

#include "services/lib/linux.h"

int service_elsewhere(const struct service *service, int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "--stream") != 0) {
		service_log(
			"usage: %s-linux --stream [OBJECT...]   (messages on standard input and "
			"output)",
			service->name);
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		if (!linux_object_add(argv[i]))
			return 2;
	}
	return linux_serve_stream(service, STDIN_FILENO, STDOUT_FILENO);
}
