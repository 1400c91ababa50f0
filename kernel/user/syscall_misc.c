// SPDX-License-Identifier: MIT
// getrandom and clock_gettime.
#include "kernel/cpu.h"
#include "kernel/user/random.h"
#include "kernel/user/syscall.h"
#include "lib/secret.h"

#define GETRANDOM_MAX 256
#define NANOSECONDS   1000000000ull
// The host's word on the TSC's frequency would be no better than a guess, and only differences of
// minutes matter to a program without peers.
#define TSC_TICKS_SECOND 2000000000ull

struct timespec64 {
	uint64_t seconds;
	uint64_t nanoseconds;
};

int64_t syscall_getrandom(struct process *process, const uint64_t *args)
{
	uint8_t bytes[GETRANDOM_MAX];
	size_t size = MIN(args[1], sizeof(bytes));

	if (!random_bytes(bytes, size))
		return -LINUX_EIO;
	enum error err = user_copy_out(&process->space, args[0], bytes, size);

	mem_wipe(bytes, sizeof(bytes));
	return err == OK ? (int64_t)size : -LINUX_EFAULT;
}

int64_t syscall_clock_gettime(struct process *process, const uint64_t *args)
{
	uint64_t tsc = cpu_read_tsc();
	struct timespec64 now = {
		.seconds = tsc / TSC_TICKS_SECOND,
		.nanoseconds = tsc % TSC_TICKS_SECOND * NANOSECONDS / TSC_TICKS_SECOND,
	};

	if (user_copy_out(&process->space, args[1], &now, sizeof(now)) != OK)
		return -LINUX_EFAULT;
	return 0;
}
