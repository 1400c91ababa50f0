// SPDX-License-Identifier: MIT
// Ends that a test wants come back to it, by the linker's --wrap; all others take their way.
#include <stdarg.h>

#include "kernel/panic.h"
#include "kernel/trap.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "tests/svsm/suite.h"

_Noreturn void __wrap_panic(const char *format, ...) PRINTF_LIKE(1, 2);
_Noreturn void __real_panic_trap(const struct trap_frame *frame, enum terminate_reason reason);
_Noreturn void __wrap_panic_trap(const struct trap_frame *frame, enum terminate_reason reason);
_Noreturn void __real_terminate(enum terminate_reason reason);
_Noreturn void __wrap_terminate(enum terminate_reason reason);
_Noreturn void __real_terminate_now(enum terminate_reason reason);
_Noreturn void __wrap_terminate_now(enum terminate_reason reason);
_Noreturn void __real_panic(const char *format, ...) PRINTF_LIKE(1, 2);

static struct caught *catching[CPUS_MAX];

static struct caught *catch_current(void)
{
	return this_cpu()->cpu == NULL ? NULL : catching[this_cpu()->cpu->index];
}

// Where the jump goes to must not be in the function that was jumped from: never inlined.
static __attribute__((noinline)) enum caught_kind catch_run(
	struct caught *caught, void (*run)(void *), void *argument)
{
	if (__builtin_setjmp(caught->jump) == 0)
		run(argument);
	return caught->kind;
}

enum caught_kind catch_end(struct caught *caught, void (*run)(void *), void *argument)
{
	uint32_t index = this_cpu()->cpu->index;
	uint32_t depth = locks_depth();

	*caught = (struct caught){.kind = CAUGHT_NOTHING};
	catching[index] = caught;
	enum caught_kind kind = catch_run(caught, run, argument);

	catching[index] = NULL;
	if (kind != CAUGHT_NOTHING)
		locks_release_since(depth);
	return kind;
}

static _Noreturn void catch_return(struct caught *caught, enum caught_kind kind)
{
	caught->kind = kind;
	__builtin_longjmp(caught->jump, 1);
}

_Noreturn void __wrap_panic(const char *format, ...)
{
	struct caught *caught = catch_current();
	char text[160];
	va_list args;

	va_start(args, format);
	fmt_vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (caught == NULL)
		__real_panic("%s", text);
	memcpy(caught->text, text, sizeof(text));
	catch_return(caught, CAUGHT_PANIC);
}

_Noreturn void __wrap_panic_trap(const struct trap_frame *frame, enum terminate_reason reason)
{
	struct caught *caught = catch_current();

	if (caught == NULL)
		__real_panic_trap(frame, reason);
	caught->reason = reason;
	caught->vector = frame->vector;
	caught->error = frame->error;
	caught->rip = frame->rip;
	catch_return(caught, CAUGHT_TRAP);
}

_Noreturn void __wrap_terminate(enum terminate_reason reason)
{
	struct caught *caught = catch_current();

	if (caught == NULL)
		__real_terminate(reason);
	caught->reason = reason;
	catch_return(caught, CAUGHT_TERMINATE);
}

_Noreturn void __wrap_terminate_now(enum terminate_reason reason)
{
	struct caught *caught = catch_current();

	if (caught == NULL)
		__real_terminate_now(reason);
	caught->reason = reason;
	catch_return(caught, CAUGHT_TERMINATE);
}

// Whether the text ends with the condition, as KERNEL_ASSERT writes it.
static bool text_ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);
	size_t end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

void suite_expect_assert(
	void (*run)(void *), void *argument, const char *condition, const char *file, int line)
{
	struct caught caught;

	if (!suite_expect(catch_end(&caught, run, argument) == CAUGHT_PANIC, file, line,
		    "the kernel panics"))
		return;
	if (!suite_expect(text_ends_with(caught.text, condition), file, line, condition))
		suite_note("the panic: %s", caught.text);
}
