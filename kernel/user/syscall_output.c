// SPDX-License-Identifier: MIT
// write and writev: what a program prints becomes lines of the kernel's log.
#include "kernel/log.h"
#include "kernel/user/syscall.h"

#define OUTPUT_MAX 4096
#define IOV_MAX	   16
#define FD_OUTPUT  1
#define FD_ERROR   2

struct iovec {
	uint64_t base;
	uint64_t size;
};

void output_flush(struct process *process)
{
	if (process->line_size == 0)
		return;
	process->line[process->line_size] = '\0';
	process->line_size = 0;
	process->line_count++;
	// The console is slow, and the log's ring small: neither is a program's to fill.
	if (process->line_count < PROCESS_LINES)
		log_info("%s: %s", process->name, process->line);
	else if (process->line_count == PROCESS_LINES)
		log_warn("%s: says too much; the rest of this request is left out", process->name);
}

static void output_byte(struct process *process, char c)
{
	if (c != '\n')
		process->line[process->line_size++] = (char)(c >= ' ' && c <= '~' ? c : '.');
	if (c == '\n' || process->line_size == sizeof(process->line) - 1)
		output_flush(process);
}

// Bytes written, or -EFAULT when not even the first is there.
static int64_t output(struct process *process, uint64_t from, uint64_t size)
{
	char piece[64];
	uint64_t done = 0;

	size = MIN(size, (uint64_t)OUTPUT_MAX);
	while (done < size) {
		size_t count = MIN(size - done, sizeof(piece));

		if (user_copy_in(&process->space, piece, from + done, count) != OK)
			return done == 0 ? -LINUX_EFAULT : (int64_t)done;
		for (size_t i = 0; i < count; i++)
			output_byte(process, piece[i]);
		done += count;
	}
	return (int64_t)done;
}

static bool is_output(uint64_t fd)
{
	return fd == FD_OUTPUT || fd == FD_ERROR;
}

int64_t syscall_write(struct process *process, const uint64_t *args)
{
	return is_output(args[0]) ? output(process, args[1], args[2]) : -LINUX_EBADF;
}

int64_t syscall_writev(struct process *process, const uint64_t *args)
{
	int64_t total = 0;

	if (!is_output(args[0]))
		return -LINUX_EBADF;
	if (args[2] > IOV_MAX)
		return -LINUX_EINVAL;
	for (uint64_t i = 0; i < args[2]; i++) {
		struct iovec iov;

		if (user_copy_in(&process->space, &iov, args[1] + i * sizeof(iov), sizeof(iov)) !=
			OK)
			return total == 0 ? -LINUX_EFAULT : total;
		int64_t done = output(process, iov.base, iov.size);

		if (done < 0)
			return total == 0 ? done : total;
		total += done;
		if ((uint64_t)done < iov.size)
			return total;
	}
	return total;
}
