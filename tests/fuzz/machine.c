// SPDX-License-Identifier: MIT
#include "tests/fuzz/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

enum end_code machine_code;
struct spinlock host_lock, rmp_lock;

static jmp_buf back;
static int locks_held;

enum machine_result machine_run(void (*run)(void *argument), void *argument)
{
	int result = 0;

	locks_held = 0;
	host_lock = (struct spinlock){0};
	rmp_lock = (struct spinlock){0};
	result = setjmp(back);
	if (result != 0)
		return (enum machine_result)result;
	run(argument);
	FUZZ_CHECK(locks_held == 0);
	return MACHINE_RETURNED;
}

void machine_dry(void)
{
	longjmp(back, MACHINE_DRY);
}

// The text is made, so that what it names is read.
static void format_text(const char *fmt, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, args);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	va_list args;

	FUZZ_CHECK(level <= LOG_DEBUG);
	va_start(args, fmt);
	format_text(fmt, args);
	va_end(args);
}

void machine_end(enum end_code code)
{
	machine_code = code;
	longjmp(back, MACHINE_ENDED);
}

void machine_stop(struct plane *plane, const char *fmt, ...)
{
	va_list args;

	(void)plane;
	va_start(args, fmt);
	format_text(fmt, args);
	va_end(args);
	longjmp(back, MACHINE_STOPPED);
}

void machine_bug(const char *fmt, ...)
{
	fuzz_fail("machine_bug", 0, fmt);
}

// A lock that is taken twice would wait for ever.
void spin_lock(struct spinlock *lock)
{
	FUZZ_CHECK(lock->owner == 0);
	lock->owner = 1;
	locks_held++;
}

void spin_unlock(struct spinlock *lock)
{
	FUZZ_CHECK(lock->owner == 1);
	lock->owner = 0;
	locks_held--;
}
