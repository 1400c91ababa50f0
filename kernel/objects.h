// SPDX-License-Identifier: MIT
// From the manifest's objects (struct boot_object) to those that a service holds.
#ifndef KERNEL_OBJECTS_H
#define KERNEL_OBJECTS_H

#include "kernel/user/service.h"

// Fills the table of services[index] with what from[index] says. It may call those before it.
// ERR_FORMAT: an object that the kernel does not know or must not give; the log says which and why.
MUST_USE enum error objects_make(
	struct service *services, const struct boot_service *from, size_t index);

#endif
