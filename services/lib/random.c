// SPDX-License-Identifier: MIT
#include <errno.h>
#include <sys/random.h>

#include "lib/secret.h"
#include "services/lib/service.h"

bool service_random(void *buffer, size_t size)
{
	uint8_t *to = buffer;
	size_t done = 0;

	while (done < size) {
		ssize_t got = getrandom(to + done, size - done, 0);

		if (got > 0) {
			done += (size_t)got;
		} else if (got == 0 || errno != EINTR) {
			mem_wipe(buffer, size);
			return false;
		}
	}
	return true;
}
