// SPDX-License-Identifier: MIT
/*
 * Programs in ring 3. Each has one thread, an address space, a quota, and no right to anything
 * else but what the kernel hands it. A process is used by one CPU at a time; who sees to that is
 * the caller's business (service.h).
 */
#ifndef KERNEL_USER_PROCESS_H
#define KERNEL_USER_PROCESS_H

#include "abi/service.h"
#include "kernel/trap.h"
#include "kernel/user/space.h"
#include "lib/bytes.h"

#define PROCESS_NAME_MAX 24
#define PROCESS_LINE_MAX 160
#define PROCESS_LINES	 64 // that one request may log
#define SYSCALLS_KNOWN	 512

enum process_state {
	PROCESS_READY,	 // can run
	PROCESS_WAITING, // for a request: its message is at process.message
	PROCESS_CALLING, // for the answer of another service (channel.h)
	PROCESS_ENDED,
};

struct process {
	char name[PROCESS_NAME_MAX];
	enum process_state state;
	bool debug; // a fault shows all registers and its stack
	struct user_space space;
	struct trap_frame frame; // while it does not run
	uint64_t fs_base;
	void *fpu; // one page

	uint64_t brk_start;
	uint64_t brk;
	uint64_t message;

	char line[PROCESS_LINE_MAX]; // output since the last end of line
	size_t line_size;
	unsigned int line_count;		  // lines logged for this request
	uint64_t told_pages;			  // the peak of its memory that the log has
	uint64_t complained[SYSCALLS_KNOWN / 64]; // unknown system calls, logged once each
};

// Loads a static ELF program, which must be mapped page-aligned in the kernel region and stay
// there: its read-only parts are used in place. memory: bytes that it may use, tables included.
// ERR_FORMAT: not such a program. Nothing is kept on failure.
MUST_USE enum error process_create(
	struct process *process, const char *name, struct bytes program, uint64_t memory);

// Gives all memory back.
void process_destroy(struct process *process);

// Runs it on this CPU until it waits, calls or ends; or, still READY, until an event wants the
// kernel, or it makes a system call after this time of the TSC.
void process_run(struct process *process, uint64_t deadline);

// Ends it; the reason is in the log already.
void process_end(struct process *process);

// One request to a process that waits: hands over message and data, and the process is READY.
// ERR_FAULT: its buffer is gone, ERR_LIMIT: too small.
MUST_USE enum error process_give(
	struct process *process, const struct service_message *message, const void *data);

#endif
