// SPDX-License-Identifier: MIT
/*
 * The same services under Linux, for tests, sanitizers and fuzzing. A stream of messages replaces
 * the SVSM's kernel: each request is a struct service_message and then its `size` bytes, each
 * answer likewise. None of this is linked into the programs for the SVSM.
 */
#ifndef SERVICES_LIB_LINUX_H
#define SERVICES_LIB_LINUX_H

#include "services/lib/loop.h"

// Serves until the end of the input. Returns the exit status: 0, or 2 after a broken message.
int linux_serve_stream(const struct service *service, int in, int out);

// Stand-ins for a manifest's objects, from the command line; the first one has handle 0:
//	service:PROTOCOL:PROGRAM   is started with --stream, and called by a pair of sockets
//	namespace:SIZE             in this process's memory
//	key                        a key that everybody knows, for tests
//	device                     every access is refused
// False: it is none of these, or does not start; the log says so.
MUST_USE bool linux_object_add(const char *text);

// Whole reads and writes. A read gives false at the end of the input; `got` says how far it came.
MUST_USE bool linux_read(int fd, void *buffer, size_t size, size_t *got);
MUST_USE bool linux_write(int fd, const void *buffer, size_t size);

#endif
