// SPDX-License-Identifier: MIT
// brk, mmap, munmap, mprotect: anonymous, private memory that is never executable.
#include "kernel/layout.h"
#include "kernel/user/syscall.h"
#include "lib/overflow.h"

#define PROT_READ     1u
#define PROT_WRITE    2u
#define PROT_KNOWN    3u // PROT_EXEC is refused
#define PROT_EXEC     4u
#define MAP_PRIVATE   0x02u
#define MAP_FIXED     0x10u
#define MAP_ANONYMOUS 0x20u
#define MMAP_START    0x1000000000

static int64_t to_errno(enum error err)
{
	switch (err) {
	case OK:
		return 0;
	case ERR_FAULT:
		return -LINUX_EFAULT;
	case ERR_INVALID_PARAMETER:
		return -LINUX_EINVAL;
	default:
		return -LINUX_ENOMEM;
	}
}

// Page tables and what the program brought along
#define COMMIT_RESERVE 32

// What may be written counts from the start on, so that a program hears "no memory" from its
// allocator and does not die of it later.
static bool fits_quota(const struct process *process, uint64_t more)
{
	const struct user_space *space = &process->space;
	uint64_t pages = more / PAGE_SIZE + COMMIT_RESERVE;

	for (size_t i = 0; i < space->area_count; i++) {
		if ((space->areas[i].access & USER_EXECUTE) == 0)
			pages += (space->areas[i].end - space->areas[i].start) / PAGE_SIZE;
	}
	return pages <= space->page_max;
}

int64_t syscall_brk(struct process *process, const uint64_t *args)
{
	uint64_t old = ALIGN_UP(process->brk, PAGE_SIZE);
	uint64_t wanted = 0;
	enum error err = OK;

	// Failure is told by the break being where it was.
	if (args[0] < process->brk_start || !align_up_checked(args[0], PAGE_SIZE, &wanted) ||
		(wanted > old && !fits_quota(process, wanted - old)))
		return (int64_t)process->brk;
	if (wanted > old)
		err = user_space_add(&process->space, old, wanted - old, USER_READ | USER_WRITE);
	else if (wanted < old)
		err = user_space_remove(&process->space, wanted, old - wanted);
	if (err == OK)
		process->brk = args[0];
	return (int64_t)process->brk;
}

int64_t syscall_mmap(struct process *process, const uint64_t *args)
{
	uint64_t size = 0;
	uint32_t flags = (uint32_t)args[3];

	if ((args[2] & PROT_EXEC) != 0)
		return -LINUX_EACCES;
	if ((args[2] & ~(uint64_t)PROT_KNOWN) != 0 || args[1] == 0 ||
		!align_up_checked(args[1], PAGE_SIZE, &size))
		return -LINUX_EINVAL;
	if ((flags & (MAP_PRIVATE | MAP_ANONYMOUS)) != (MAP_PRIVATE | MAP_ANONYMOUS) ||
		(flags & MAP_FIXED) != 0)
		return -LINUX_EINVAL;
	if (!fits_quota(process, size))
		return -LINUX_ENOMEM;
	uint64_t va = user_space_find_gap(&process->space, MMAP_START, size);
	enum error err = va == 0 ? ERR_NO_MEMORY
				 : user_space_add(&process->space, va, size, (uint32_t)args[2]);

	return err == OK ? (int64_t)va : to_errno(err);
}

int64_t syscall_munmap(struct process *process, const uint64_t *args)
{
	uint64_t size = 0;

	if (!align_up_checked(args[1], PAGE_SIZE, &size))
		return -LINUX_EINVAL;
	return to_errno(user_space_remove(&process->space, args[0], size));
}

int64_t syscall_mprotect(struct process *process, const uint64_t *args)
{
	uint64_t size = 0;

	if ((args[2] & PROT_EXEC) != 0)
		return -LINUX_EACCES;
	if ((args[2] & ~(uint64_t)PROT_KNOWN) != 0 || !align_up_checked(args[1], PAGE_SIZE, &size))
		return -LINUX_EINVAL;
	return to_errno(user_space_protect(&process->space, args[0], size, (uint32_t)args[2]));
}
