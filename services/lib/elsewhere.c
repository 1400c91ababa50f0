// SPDX-License-Identifier: MIT
// In the programs for the SVSM: no other way to be served is linked.
#include <errno.h>

#include "services/lib/loop.h"

int service_elsewhere(const struct service *service, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	service_log("this is the program for the SVSM; on Linux use %s-linux", service->name);
	return 1;
}

long service_object_elsewhere(long number, const uintptr_t args[4])
{
	(void)number;
	(void)args;
	return -ENOSYS;
}
