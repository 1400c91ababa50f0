// SPDX-License-Identifier: MIT
#include "kernel/user/syscall.h"

#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/percpu.h"
#include "kernel/user/channel.h"
#include "kernel/user/message.h"

#define ARCH_SET_FS 0x1002

// The C library asks for these at each start, and does without.
static int64_t syscall_refused(struct process *process, const uint64_t *args)
{
	(void)process;
	(void)args;
	return -LINUX_ENOSYS;
}

// All that it is for is to come here: the caller looks at the time after every system call.
static int64_t syscall_sched_yield(struct process *process, const uint64_t *args)
{
	(void)process;
	(void)args;
	return 0;
}

static int64_t syscall_arch_prctl(struct process *process, const uint64_t *args)
{
	if (args[0] != ARCH_SET_FS || args[1] >= USER_END)
		return -LINUX_EINVAL;
	process->fs_base = args[1];
	cpu_write_msr(MSR_FS_BASE, args[1]);
	return 0;
}

static int64_t syscall_exit(struct process *process, const uint64_t *args)
{
	log_line(args[0] == 0 ? LOG_INFO : LOG_ERROR, "%s: exit status %d", process->name,
		(int)args[0]);
	process_end(process);
	return 0;
}

// abort() sends itself a signal; there is no other use of one.
static int64_t syscall_kill(struct process *process, const uint64_t *args)
{
	log_error("%s: ended by its own signal %lu", process->name, args[2]);
	process_end(process);
	return 0;
}

// What the C library, OpenSSL and libtpms were seen to need, and no more (docs/services.md has the
// list, with reasons). Numbers: Linux arch/x86/entry/syscalls/syscall_64.tbl
static const syscall_handler handlers[] = {
	[1] = syscall_write,
	[9] = syscall_mmap,
	[10] = syscall_mprotect,
	[11] = syscall_munmap,
	[12] = syscall_brk,
	[20] = syscall_writev,
	[24] = syscall_sched_yield,
	[89] = syscall_refused, // readlink
	[158] = syscall_arch_prctl,
	[218] = syscall_refused, // set_tid_address
	[228] = syscall_clock_gettime,
	[231] = syscall_exit,
	[234] = syscall_kill,	 // tgkill
	[273] = syscall_refused, // set_robust_list
	[302] = syscall_refused, // prlimit64
	[318] = syscall_getrandom,
	[334] = syscall_refused, // rseq
};

// The kernel's own: abi/service.h
static const syscall_handler own_handlers[] = {
	[SERVICE_CALL_REPLY_AND_WAIT - SERVICE_CALL_BASE] = message_reply_and_wait,
	[SERVICE_CALL_CALL - SERVICE_CALL_BASE] = channel_call,
	[SERVICE_CALL_BLOB_PUT - SERVICE_CALL_BASE] = syscall_blob_put,
	[SERVICE_CALL_BLOB_GET - SERVICE_CALL_BASE] = syscall_blob_get,
	[SERVICE_CALL_BLOB_REMOVE - SERVICE_CALL_BASE] = syscall_blob_remove,
	[SERVICE_CALL_BLOB_LIST - SERVICE_CALL_BASE] = syscall_blob_list,
	[SERVICE_CALL_KEY - SERVICE_CALL_BASE] = syscall_key,
	[SERVICE_CALL_DEVICE_READ - SERVICE_CALL_BASE] = syscall_device_read,
	[SERVICE_CALL_DEVICE_WRITE - SERVICE_CALL_BASE] = syscall_device_write,
};

static int64_t syscall_unknown(struct process *process, uint64_t number)
{
	uint64_t bit = BIT(number % 64);

	if (number >= SYSCALLS_KNOWN)
		return -LINUX_ENOSYS;
	if ((process->complained[number / 64] & bit) == 0)
		log_warn("%s: system call %lu is not there", process->name, number);
	process->complained[number / 64] |= bit;
	return -LINUX_ENOSYS;
}

static int64_t syscall_run(struct process *process, uint64_t number, const uint64_t *args)
{
	if (number >= SERVICE_CALL_BASE && number - SERVICE_CALL_BASE < ARRAY_SIZE(own_handlers))
		return own_handlers[number - SERVICE_CALL_BASE](process, args);
	if (number >= ARRAY_SIZE(handlers) || handlers[number] == NULL)
		return syscall_unknown(process, number);
	return handlers[number](process, args);
}

void syscall_serve(struct process *process)
{
	struct trap_frame *f = &this_cpu()->user_frame;
	const uint64_t args[6] = {f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9};

	f->rax = (uint64_t)syscall_run(process, f->rax, args);
}
