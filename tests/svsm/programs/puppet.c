// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/svsm/programs/calls.h"

static uint8_t scratch[PROBE_SCRATCH] __attribute__((aligned(4096)));

void raw(void)
{
	uint64_t number = message.regs[0];
	uint64_t args[6];
	long result;

	memcpy(args, buffer, sizeof(args));
	result = syscall((long)number, args[0], args[1], args[2], args[3], args[4], args[5]);
	message.regs[0] = result == -1 ? (uint64_t)-errno : (uint64_t)result;
	message.size = 0;
}

void where(void)
{
	message.regs[0] = (uint64_t)scratch;
	message.regs[1] = (uint64_t)where & ~4095ull;
	message.regs[2] = 1ull << 38;
}

void put(void)
{
	uint64_t offset = message.regs[0];

	memcpy(scratch + offset, buffer, message.size);
	message.size = 0;
}

void get(void)
{
	uint64_t offset = message.regs[0];
	uint64_t size = message.regs[1];

	memcpy(buffer, scratch + offset, size);
	message.size = (uint32_t)size;
}

void ask(void)
{
	static uint8_t data[SERVICE_BUFFER_MAX];
	struct service_message asked = {
		.call = (uint32_t)message.regs[1],
		.regs = {message.regs[2]},
		.buffer = (uint64_t)data,
		.room = sizeof(data),
		.size = message.size,
	};

	memcpy(data, buffer, message.size);
	message.regs[1] =
		syscall(SERVICE_CALL_CALL, message.regs[0], &asked) == 0 ? 0 : (uint64_t)-errno;
	message.regs[0] = asked.regs[0];
	message.regs[2] = asked.result;
	message.size = asked.size;
	memcpy(buffer, data, asked.size);
}
