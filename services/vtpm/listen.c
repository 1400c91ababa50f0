// SPDX-License-Identifier: MIT
#include "services/vtpm/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "services/lib/service.h"

#define PORTS	     2
#define CLIENTS	     16
#define TRIES	     100
#define READ_SECONDS 10

// The first PORTS are the listeners.
static struct pollfd polled[PORTS + CLIENTS];
static unsigned int port_of[PORTS + CLIENTS];

static int port_bind(unsigned int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	if (port && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		goto fail;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, CLIENTS))
		goto fail;
	return fd;
fail:
	close(fd);
	return -1;
}

static unsigned int port_number(int fd)
{
	struct sockaddr_in address = {0};
	socklen_t size = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &size))
		return 0;
	return ntohs(address.sin_port);
}

static bool pair_open(unsigned int *port)
{
	int first = port_bind(*port);
	unsigned int number = first < 0 ? 0 : port_number(first);
	int second = number ? port_bind(number + 1) : -1;

	if (second < 0) {
		if (first >= 0)
			close(first);
		return false;
	}
	polled[0] = (struct pollfd){.fd = first, .events = POLLIN};
	polled[1] = (struct pollfd){.fd = second, .events = POLLIN};
	*port = number;
	return true;
}

bool listen_open(unsigned int *port)
{
	unsigned int tries = *port ? 1 : TRIES;

	for (size_t i = PORTS; i < ARRAY_SIZE(polled); i++) {
		polled[i].fd = -1;
	}
	for (unsigned int i = 0; i < tries; i++) {
		if (pair_open(port))
			return true;
	}
	service_log("ports %u and %u: %s", *port, *port + 1, strerror(errno));
	return false;
}

static void client_add(int fd, unsigned int port)
{
	struct timeval limit = {.tv_sec = READ_SECONDS};
	int on = 1;

	for (size_t i = PORTS; i < ARRAY_SIZE(polled); i++) {
		if (polled[i].fd >= 0)
			continue;
		if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
			setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
			break;
		polled[i] = (struct pollfd){.fd = fd, .events = POLLIN};
		port_of[i] = port;
		return;
	}
	service_log("no room for another client");
	close(fd);
}

static void clients_accept(void)
{
	for (unsigned int port = 0; port < PORTS; port++) {
		int fd;

		if (!(polled[port].revents & POLLIN))
			continue;
		fd = accept4(polled[port].fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			client_add(fd, port);
	}
}

// Clients send a command in pieces, and the next one when the last was acknowledged: at once, not
// after 40 ms.
static void acknowledge(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

static bool client_ready(struct listen_client *client)
{
	for (size_t i = PORTS; i < ARRAY_SIZE(polled); i++) {
		if (polled[i].fd < 0 || !polled[i].revents)
			continue;
		polled[i].revents = 0;
		acknowledge(polled[i].fd);
		*client = (struct listen_client){.fd = polled[i].fd, .port = port_of[i]};
		return true;
	}
	return false;
}

bool listen_wait(struct listen_client *client)
{
	for (;;) {
		if (client_ready(client))
			return true;
		if (poll(polled, ARRAY_SIZE(polled), -1) < 0 && errno != EINTR) {
			service_log("poll: %s", strerror(errno));
			return false;
		}
		clients_accept();
	}
}

void listen_drop(const struct listen_client *client)
{
	for (size_t i = PORTS; i < ARRAY_SIZE(polled); i++) {
		if (polled[i].fd == client->fd)
			polled[i] = (struct pollfd){.fd = -1};
	}
	close(client->fd);
}
