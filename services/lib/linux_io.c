// SPDX-License-Identifier: MIT
#include <errno.h>
#include <unistd.h>

#include "services/lib/linux.h"

bool linux_read(int fd, void *buffer, size_t size, size_t *got)
{
	*got = 0;
	while (*got < size) {
		ssize_t n = read(fd, (uint8_t *)buffer + *got, size - *got);

		if (n > 0)
			*got += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return false;
	}
	return true;
}

bool linux_write(int fd, const void *buffer, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = write(fd, (const uint8_t *)buffer + done, size - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return false;
	}
	return true;
}
