// SPDX-License-Identifier: MIT
// Linux's system calls, as far as services need them (docs/services.md), and the kernel's own.
#ifndef KERNEL_USER_SYSCALL_H
#define KERNEL_USER_SYSCALL_H

#include "kernel/user/process.h"

// Registers of a call: RDI, RSI, RDX, R10, R8, R9. The result goes to RAX; negative: -errno.
typedef int64_t (*syscall_handler)(struct process *process, const uint64_t *args);

// Serves the call that this CPU's user_frame holds.
void syscall_serve(struct process *process);

int64_t syscall_brk(struct process *process, const uint64_t *args);
int64_t syscall_mmap(struct process *process, const uint64_t *args);
int64_t syscall_munmap(struct process *process, const uint64_t *args);
int64_t syscall_mprotect(struct process *process, const uint64_t *args);

int64_t syscall_write(struct process *process, const uint64_t *args);
int64_t syscall_writev(struct process *process, const uint64_t *args);

int64_t syscall_blob_put(struct process *process, const uint64_t *args);
int64_t syscall_blob_get(struct process *process, const uint64_t *args);
int64_t syscall_blob_remove(struct process *process, const uint64_t *args);
int64_t syscall_blob_list(struct process *process, const uint64_t *args);
int64_t syscall_key(struct process *process, const uint64_t *args);
int64_t syscall_device_read(struct process *process, const uint64_t *args);
int64_t syscall_device_write(struct process *process, const uint64_t *args);

int64_t syscall_getrandom(struct process *process, const uint64_t *args);
int64_t syscall_clock_gettime(struct process *process, const uint64_t *args);

// Logs what a process has written without an end of line.
void output_flush(struct process *process);

#define LINUX_EPERM    1
#define LINUX_ENOENT   2
#define LINUX_EIO      5
#define LINUX_EBADF    9
#define LINUX_ENOMEM   12
#define LINUX_EACCES   13
#define LINUX_EFAULT   14
#define LINUX_EINVAL   22
#define LINUX_ENOSPC   28
#define LINUX_EPIPE    32
#define LINUX_ERANGE   34
#define LINUX_ENOSYS   38
#define LINUX_EMSGSIZE 90

#endif
