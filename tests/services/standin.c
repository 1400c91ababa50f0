// SPDX-License-Identifier: MIT
/*
 * standin PROGRAM: runs a service's program for the SVSM, byte for byte, where the SVSM's kernel is
 * not. Linux executes the system calls that docs/services.md lists and no others; the kernel's own
 * call is answered from here: requests come on standard input and answers go to standard output, as
 * in services/lib/linux.h.
 *
 *	exit status   that of the service, or 0 after the last request; 3: a system call that is not
 *	              in the list
 *	environment   STANDIN_LIST=FILE: writes the names of the system calls there
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "services/lib/linux.h"

// `absent`: the service asks, gets ENOSYS, and has to do without.
static struct allowed {
	const char *name;
	long number;
	bool absent;
	bool seen;
} allowed[] = {
	{"write", SYS_write, false, false},
	{"mmap", SYS_mmap, false, false},
	{"mprotect", SYS_mprotect, false, false},
	{"munmap", SYS_munmap, false, false},
	{"brk", SYS_brk, false, false},
	{"arch_prctl", SYS_arch_prctl, false, false},
	{"getrandom", SYS_getrandom, false, false},
	{"clock_gettime", SYS_clock_gettime, false, false},
	{"sched_yield", SYS_sched_yield, false, false},
	{"exit_group", SYS_exit_group, false, false},
	{"readlink", SYS_readlink, true, false},
	{"set_tid_address", SYS_set_tid_address, true, false},
	{"set_robust_list", SYS_set_robust_list, true, false},
	{"prlimit64", SYS_prlimit64, true, false},
	{"rseq", SYS_rseq, true, false},
};

static pid_t child;
static bool has_request;

static void die(const char *what)
{
	fprintf(stderr, "standin: %s: %s\n", what, strerror(errno));
	exit(2);
}

static struct allowed *allowed_find(unsigned long long number)
{
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		if ((unsigned long long)allowed[i].number == number)
			return &allowed[i];
	}
	return NULL;
}

static void list_write(void)
{
	const char *path = getenv("STANDIN_LIST");
	FILE *file = path ? fopen(path, "w") : NULL;

	if (!file)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		if (allowed[i].seen)
			fprintf(file, "%s\n", allowed[i].name);
	}
	(void)fclose(file);
}

static void end(int status)
{
	list_write();
	kill(child, SIGKILL);
	exit(status);
}

static bool child_read(uint64_t address, void *buffer, size_t size)
{
	struct iovec to = {buffer, size};
	struct iovec from = {(void *)(uintptr_t)address, size};

	return size == 0 || process_vm_readv(child, &to, 1, &from, 1, 0) == (ssize_t)size;
}

static bool child_write(uint64_t address, const void *buffer, size_t size)
{
	struct iovec from = {(void *)(uintptr_t)buffer, size};
	struct iovec to = {(void *)(uintptr_t)address, size};

	return size == 0 || process_vm_writev(child, &from, 1, &to, 1, 0) == (ssize_t)size;
}

// The checks of abi/service.h
static int message_check(const struct service_message *m)
{
	if (m->room > SERVICE_BUFFER_MAX || m->reserved != 0)
		return -EINVAL;
	return has_request && m->size > m->room ? -EINVAL : 0;
}

static int answer_send(const struct service_message *m)
{
	static uint8_t data[SERVICE_BUFFER_MAX];

	if (!child_read(m->buffer, data, m->size))
		return -EFAULT;
	if (!linux_write(STDOUT_FILENO, m, sizeof(*m)) ||
		!linux_write(STDOUT_FILENO, data, m->size))
		die("writing");
	return 0;
}

// The next request, put where the service has its structure and its buffer.
static int request_fetch(uint64_t address, const struct service_message *old)
{
	static uint8_t data[SERVICE_BUFFER_MAX];
	struct service_message m;
	size_t got = 0;

	if (!linux_read(STDIN_FILENO, &m, sizeof(m), &got))
		end(got == 0 ? 0 : 2);
	if (m.size > sizeof(data) || !linux_read(STDIN_FILENO, data, m.size, &got))
		die("reading a request");
	m.buffer = old->buffer;
	m.room = old->room;
	has_request = true;
	if (!child_write(m.buffer, data, m.size) || !child_write(address, &m, sizeof(m)))
		return -EFAULT;
	return 0;
}

static int reply_and_wait(uint64_t address)
{
	struct service_message m;
	int error;

	if (!child_read(address, &m, sizeof(m)))
		return -EFAULT;
	error = message_check(&m);
	if (error == 0 && has_request)
		error = answer_send(&m);
	return error ? error : request_fetch(address, &m);
}

// What a service has to live without becomes a call that Linux does not know either.
static void call_enter(struct user_regs_struct *regs)
{
	struct allowed *call = allowed_find(regs->orig_rax);

	if (regs->orig_rax == SERVICE_CALL_REPLY_AND_WAIT)
		return;
	if (!call) {
		fprintf(stderr, "standin: system call %llu is not in the list\n", regs->orig_rax);
		end(3);
	}
	call->seen = true;
	if (call->absent) {
		regs->orig_rax = (unsigned long long)-1;
		if (ptrace(PTRACE_SETREGS, child, NULL, regs))
			die("ptrace");
	}
}

static void call_leave(struct user_regs_struct *regs)
{
	if (regs->orig_rax != SERVICE_CALL_REPLY_AND_WAIT)
		return;
	regs->rax = (unsigned long long)reply_and_wait(regs->rdi);
	if (ptrace(PTRACE_SETREGS, child, NULL, regs))
		die("ptrace");
}

static void child_start(char **argv)
{
	char *no_environment[] = {NULL};
	int status = 0;

	child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execve(argv[0], argv, no_environment);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		die("starting");
	if (!WIFSTOPPED(status)) {
		fprintf(stderr, "standin: %s cannot be run under ptrace\n", argv[0]);
		exit(2);
	}
	if (ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL))
		die("ptrace");
}

// Runs to the next stop. A call stops twice, before and after.
static void child_step(bool *inside)
{
	struct user_regs_struct regs;
	int status = 0;

	if (ptrace(PTRACE_SYSCALL, child, NULL, NULL) || waitpid(child, &status, 0) != child)
		die("ptrace");
	if (WIFEXITED(status)) {
		list_write();
		exit(WEXITSTATUS(status));
	}
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80)) {
		fprintf(stderr, "standin: the service got a signal (status 0x%x)\n", status);
		end(4);
	}
	if (ptrace(PTRACE_GETREGS, child, NULL, &regs))
		die("ptrace");
	*inside = !*inside;
	if (*inside)
		call_enter(&regs);
	else
		call_leave(&regs);
}

int main(int argc, char **argv)
{
	bool inside = false;

	if (argc != 2) {
		fprintf(stderr, "usage: standin PROGRAM\n");
		return 2;
	}
	child_start(argv + 1);
	for (;;)
		child_step(&inside);
}
