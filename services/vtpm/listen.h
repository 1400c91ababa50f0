// SPDX-License-Identifier: MIT
// Two TCP ports on the loopback address, and their clients. Linux only.
#ifndef SERVICES_VTPM_LISTEN_H
#define SERVICES_VTPM_LISTEN_H

#include "lib/util.h"

struct listen_client {
	int fd;
	unsigned int port; // 0: the first port, 1: the second
};

// Opens *port and the one after it; with *port 0 two that are free, of which it tells the first.
MUST_USE bool listen_open(unsigned int *port);

// Waits for a client who has sent something. A client gets ten seconds for the rest of a message,
// then its reads fail.
MUST_USE bool listen_wait(struct listen_client *client);

void listen_drop(const struct listen_client *client);

#endif
