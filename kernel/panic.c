// SPDX-License-Identifier: MIT
#include "kernel/panic.h"

#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/percpu.h"
#include "kernel/trap.h"
#include "lib/fmt.h"

// A panic inside a panic says nothing more: it would go round in circles.
static void panic_begin(enum terminate_reason reason)
{
	if (this_cpu()->in_panic)
		terminate_now(reason);
	this_cpu()->in_panic = true;
	log_break_lock();
}

_Noreturn void panic(const char *format, ...)
{
	char text[160];
	va_list args;

	panic_begin(TERMINATE_PANIC);
	va_start(args, format);
	fmt_vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_error("panic: %s", text);
	backtrace_log((uint64_t)__builtin_return_address(0), (uint64_t)__builtin_frame_address(0));
	terminate(TERMINATE_PANIC);
}

static void panic_log_registers(const struct trap_frame *f)
{
	log_error("rip %016lx rsp %016lx rflags %08lx cs %lx", f->rip, f->rsp, f->rflags, f->cs);
	log_error("rax %016lx rbx %016lx rcx %016lx rdx %016lx", f->rax, f->rbx, f->rcx, f->rdx);
	log_error("rsi %016lx rdi %016lx rbp %016lx r8  %016lx", f->rsi, f->rdi, f->rbp, f->r8);
	log_error("r9  %016lx r10 %016lx r11 %016lx r12 %016lx", f->r9, f->r10, f->r11, f->r12);
	log_error("r13 %016lx r14 %016lx r15 %016lx cr2 %016lx", f->r13, f->r14, f->r15,
		cpu_read_cr2());
	log_error(
		"cr0 %016lx cr3 %016lx cr4 %016lx", cpu_read_cr0(), cpu_read_cr3(), cpu_read_cr4());
}

_Noreturn void panic_trap(const struct trap_frame *frame, enum terminate_reason reason)
{
	panic_begin(reason);
	log_error("panic: %s (vector %lu), error code 0x%lx", trap_name(frame->vector),
		frame->vector, frame->error);
	panic_log_registers(frame);
	backtrace_log(frame->rip, frame->rbp);
	terminate(reason);
}
