// SPDX-License-Identifier: MIT
// Inside the library: how a message becomes a call of the service.
#ifndef SERVICES_LIB_LOOP_H
#define SERVICES_LIB_LOOP_H

#include "services/lib/service.h"

// Looks the handler up, calls it, and leaves the answer in the message and at `data`.
void service_dispatch(
	const struct service *service, struct service_message *message, uint8_t *data);

// Takes over where the kernel is not Copra's. In the programs for the SVSM it only says so; those
// for Linux are linked with another one (linux.c).
int service_elsewhere(const struct service *service, int argc, char **argv);

// The same for a system call on an object. Like those: negative, an errno value.
long service_object_elsewhere(long number, const uintptr_t args[4]);

void service_log_name(const char *name);

#endif
