// SPDX-License-Identifier: MIT
// The virtio-serial ports to the launcher, found by name; and the time.
#include "guest/agent/agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PORT_WAIT_MS 20000

static const char *const port_names[PORT_COUNT] = {
	[PORT_CTL] = "copra.ctl",
	[PORT_IN] = "copra.in",
	[PORT_OUT] = "copra.out",
	[PORT_ERR] = "copra.err",
	[PORT_LOG] = "copra.log",
};

int port_fd[PORT_COUNT] = {-1, -1, -1, -1, -1};

long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

void sleep_ms(int ms)
{
	poll(NULL, 0, ms);
}

void port_drain(enum port port)
{
	struct pollfd p = {.fd = port_fd[port], .events = POLLOUT};
	long long end = now_ms() + DRAIN_WAIT_MS;

	if (p.fd < 0)
		return;
	while (now_ms() < end) {
		if (poll(&p, 1, 100) > 0 && (p.revents & (POLLOUT | POLLHUP | POLLERR)))
			return;
	}
}

bool write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd p = {.fd = fd, .events = POLLOUT};

			poll(&p, 1, 1000);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		size -= (size_t)n;
	}
	return true;
}

// Finds the port's device by the name that the launcher gave it; fails when there is none.
static int port_open(const char *name)
{
	char path[300], text[64];
	struct dirent *entry;
	DIR *dir = opendir("/sys/class/virtio-ports");
	int fd = -1;

	while (dir && fd < 0 && (entry = readdir(dir))) {
		FILE *file;

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(text, sizeof(text), file) && !strncmp(text, name, strlen(name)) &&
			text[strlen(name)] == '\n') {
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		}
		(void)fclose(file);
	}
	if (dir)
		closedir(dir);
	return fd;
}

void ports_open(void)
{
	long long end = now_ms() + PORT_WAIT_MS;

	for (int i = 0; i < PORT_COUNT; i++) {
		while ((port_fd[i] = port_open(port_names[i])) < 0) {
			if (now_ms() > end)
				fail(port_names[i]);
			sleep_ms(5);
		}
	}
}
