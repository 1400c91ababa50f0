// SPDX-License-Identifier: MIT
#include "kernel/user/process.h"

#include "hw/x86.h"
#include "kernel/cpu.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/page.h"
#include "kernel/panic.h"
#include "kernel/percpu.h"
#include "kernel/platform.h"
#include "kernel/user/enter.h"
#include "kernel/user/fault.h"
#include "kernel/user/fpu.h"
#include "kernel/user/load.h"
#include "kernel/user/syscall.h"
#include "lib/secret.h"
#include "lib/string.h"

// Pages: a line of the log for each, at most
#define TOLD_STEP 4

static void process_load(const struct process *process)
{
	this_cpu()->user_frame = process->frame;
	fpu_load(process->fpu);
	cpu_write_msr(MSR_FS_BASE, process->fs_base);
	user_space_enter(&process->space);
}

static void process_store(struct process *process)
{
	process->frame = this_cpu()->user_frame;
	fpu_save(process->fpu);
	user_space_enter(NULL);
}

// True: it may go on at once.
static bool process_serve(struct process *process, uint64_t deadline)
{
	const struct trap_frame *frame = &this_cpu()->user_frame;

	switch (frame->vector) {
	case TRAP_SYSCALL:
		syscall_serve(process);
		return process->state == PROCESS_READY && cpu_read_tsc() < deadline;
	case VEC_HV:
		return false;
	default:
		return frame->vector < TRAP_COUNT && fault_serve(process);
	}
}

// The first is told by whoever starts it (services.c).
static void memory_tell(struct process *process)
{
	uint64_t peak = process->space.page_peak;

	if (process->state != PROCESS_WAITING || peak < process->told_pages + TOLD_STEP)
		return;
	if (process->told_pages != 0)
		log_info("%s: has used up to %lu KiB", process->name, TO_KIB(peak * PAGE_SIZE));
	process->told_pages = peak;
}

void process_run(struct process *process, uint64_t deadline)
{
	KERNEL_ASSERT(process->state == PROCESS_READY);
	process_load(process);
	do {
		platform_before_user();
		user_enter();
	} while (process_serve(process, deadline));
	process_store(process);
	memory_tell(process);
}

void process_end(struct process *process)
{
	output_flush(process);
	process->state = PROCESS_ENDED;
}

static MUST_USE enum error process_build(
	struct process *process, struct bytes program, uint64_t memory)
{
	enum error err = user_space_init(&process->space, memory / PAGE_SIZE);

	if (err != OK)
		return err;
	process->fpu = page_alloc();
	if (process->fpu == NULL)
		return ERR_NO_MEMORY;
	fpu_state_init(process->fpu);
	return load_program(process, program);
}

enum error process_create(
	struct process *process, const char *name, struct bytes program, uint64_t memory)
{
	*process = (struct process){0};
	memcpy(process->name, name, MIN(strlen(name), sizeof(process->name) - 1));
	enum error err = process_build(process, program, memory);

	if (err != OK)
		process_destroy(process);
	return err;
}

void process_destroy(struct process *process)
{
	user_space_destroy(&process->space);
	if (process->fpu != NULL) {
		mem_wipe(process->fpu, FPU_STATE_MAX);
		page_free(process->fpu);
	}
	mem_wipe(process, sizeof(*process));
	process->state = PROCESS_ENDED;
}

enum error process_give(
	struct process *process, const struct service_message *message, const void *data)
{
	struct service_message theirs;

	KERNEL_ASSERT(process->state == PROCESS_WAITING);
	enum error err = user_copy_in(&process->space, &theirs, process->message, sizeof(theirs));

	if (err != OK)
		return err;
	if (message->size > theirs.room)
		return ERR_LIMIT;
	uint64_t buffer = theirs.buffer;
	uint32_t room = theirs.room;

	theirs = *message;
	theirs.buffer = buffer;
	theirs.room = room;
	err = user_copy_out(&process->space, buffer, data, message->size);
	if (err == OK)
		err = user_copy_out(&process->space, process->message, &theirs, sizeof(theirs));
	if (err != OK)
		return err;
	process->frame.rax = 0;
	process->line_count = 0;
	process->state = PROCESS_READY;
	return OK;
}
