// SPDX-License-Identifier: MIT
// The end of the run, and the report before it.
#include <stdarg.h>

#include "lib/fmt.h"
#include "machine/base/machine.h"
#include "machine/cpu/vmrun.h"

#define PORT_EXIT 0xf4

void machine_last_words(void)
{
	fpu_loads_log();
	trace_flush();
}

_Noreturn void machine_end(enum end_code code)
{
	machine_last_words();
	for (;;) {
		outl(PORT_EXIT, code);
		__asm__ volatile("hlt");
	}
}

static void report(enum log_level level, const char *what, const char *fmt, va_list args)
{
	char text[384];

	fmt_vsnprintf(text, sizeof(text), fmt, args);
	log_line(level, "%s: %s", what, text);
}

_Noreturn void machine_bug(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(LOG_ERROR, "the machine cannot go on", fmt, args);
	va_end(args);
	machine_end(END_MACHINE_STOPPED);
}

_Noreturn void machine_stop(struct plane *plane, const char *fmt, ...)
{
	struct cpu *cpu = plane->cpu;
	va_list args;

	va_start(args, fmt);
	report(LOG_ERROR, "VM stopped", fmt, args);
	va_end(args);
	for (unsigned vmpl = VMPL_COUNT; vmpl-- > 0;)
		if (cpu->plane[vmpl].present)
			plane_dump(&cpu->plane[vmpl]);
	machine_end(END_MACHINE_STOPPED);
}
