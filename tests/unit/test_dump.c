// SPDX-License-Identifier: MIT
// The machine's register dump on request: what is written in which order, and what when a CPU does
// not answer.
#include <stdio.h>
#include <string.h>

#include "machine/debug/gdb.h"
#include "machine/host/host.h"
#include "tests/unit/unit.h"

#define CPUS   3
#define SECOND 1000000

struct cpu *cpus[CPUS_MAX];
uint32_t cpu_count;

static struct cpu cpu[CPUS];
static uint64_t now_us;
static unsigned int kicks[CPUS], flushes, summaries;
static bool debugger;
static char said[4096]; // a letter or line for each thing that was written

static void say(const char *text)
{
	assert_true(strlen(said) + strlen(text) + 2 < sizeof(said));
	strcat(said, text);
	strcat(said, "\n");
}

void log_line(enum log_level level, const char *format, ...)
{
	static const char start[] = "register dump on request: ";
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	assert_int_equal(level, LOG_ERROR); // in the log whatever its level
	assert_memory_equal(line, start, strlen(start));
	say(line + strlen(start));
}

void plane_dump(struct plane *plane)
{
	char line[32];

	snprintf(line, sizeof(line), "CPU %u VMPL%u", plane->cpu->index, plane->vmpl);
	say(line);
}

void host_trace_summary(void)
{
	summaries++;
	say("counts");
}

void trace_flush(void)
{
	flushes++;
	say("trace");
}

uint64_t time_us(void)
{
	return now_us;
}

void cpu_kick(struct cpu *to)
{
	kicks[to->index]++;
	debug_kick_begin(to);
	debug_kick_end(to);
}

bool gdb_break(struct cpu *by)
{
	(void)by;
	return debugger;
}

void spin_lock(struct spinlock *lock)
{
	assert_int_equal(lock->owner, 0);
	lock->owner = 1;
}

void spin_unlock(struct spinlock *lock)
{
	assert_int_equal(lock->owner, 1);
	lock->owner = 0;
}

// CPUs with VMPL0 and VMPL2; the last one without planes. Long after the last dump and kick.
static int setup(void **state)
{
	(void)state;
	cpu_count = CPUS;
	for (uint32_t i = 0; i < CPUS; i++) {
		cpus[i] = &cpu[i];
		cpu[i].index = i;
		for (uint8_t vmpl = 0; vmpl < VMPL_COUNT; vmpl++) {
			cpu[i].plane[vmpl].cpu = &cpu[i];
			cpu[i].plane[vmpl].vmpl = vmpl;
			cpu[i].plane[vmpl].present = i < CPUS - 1 && (vmpl == 0 || vmpl == 2);
		}
	}
	debugger = true; // kicks that the test before has left are seen, and nothing is asked for
	for (uint32_t i = 0; i < CPUS; i++)
		debug_nmi(&cpu[i]);
	now_us += 100 * SECOND;
	memset(kicks, 0, sizeof(kicks));
	flushes = summaries = 0;
	debugger = false;
	said[0] = 0;
	return 0;
}

static void test_order(void **state)
{
	(void)state;
	debug_nmi(&cpu[1]);
	assert_int_equal(kicks[0], 1);
	assert_int_equal(kicks[1], 0);
	assert_int_equal(kicks[2], 1);
	assert_string_equal(said,
		"the planes of each CPU, then the counts of exits\n"
		"CPU 1, VMPL0 is current, not halted\nCPU 1 VMPL0\nCPU 1 VMPL2\n");
	debug_nmi(&cpu[2]);
	assert_int_equal(flushes, 0);
	said[0] = 0;
	debug_nmi(&cpu[0]);
	assert_string_equal(said, "CPU 0, VMPL0 is current, not halted\nCPU 0 VMPL0\nCPU 0 VMPL2\n"
				  "counts\ntrace\ndone\n");
}

// Each CPU gets the same request, or is asked again meanwhile.
static void test_once(void **state)
{
	(void)state;
	debug_nmi(&cpu[0]);
	now_us += 2ull * SECOND;
	debug_nmi(&cpu[0]);
	debug_nmi(&cpu[1]);
	debug_nmi(&cpu[2]);
	now_us += SECOND / 2;
	debug_nmi(&cpu[1]);
	assert_int_equal(flushes, 1);
	assert_int_equal(summaries, 1);
	assert_int_equal(kicks[1], 1);
	said[0] = 0;
	now_us += SECOND;
	debug_nmi(&cpu[1]);
	assert_non_null(strstr(said, "CPU 1 VMPL2"));
	debug_nmi(&cpu[2]);
	debug_nmi(&cpu[0]);
	assert_int_equal(flushes, 2);
}

static void test_silent(void **state)
{
	(void)state;
	debug_nmi(&cpu[0]);
	debug_nmi(&cpu[2]);
	now_us += 4ull * SECOND;
	debug_nmi(&cpu[2]);
	assert_int_equal(flushes, 0);
	said[0] = 0;
	now_us += 2ull * SECOND;
	debug_nmi(&cpu[2]);
	assert_string_equal(said, "CPU 1 does not answer\ncounts\ntrace\ndone\n");
	said[0] = 0;
	debug_nmi(&cpu[1]); // and later does
	assert_string_equal(
		said, "CPU 1, VMPL0 is current, not halted\nCPU 1 VMPL0\nCPU 1 VMPL2\n");
	assert_int_equal(flushes, 1);
}

static void test_kick(void **state)
{
	(void)state;
	cpu_kick(&cpu[0]);
	debug_nmi(&cpu[0]);
	assert_string_equal(said, "");
	debug_nmi(&cpu[0]); // soon after: may still be the kick's
	assert_string_equal(said, "");
	now_us += SECOND;
	debug_nmi(&cpu[0]);
	assert_string_not_equal(said, "");
	debug_nmi(&cpu[1]);
	debug_nmi(&cpu[2]);
	assert_int_equal(flushes, 1);
}

// The debugger stops the VM instead.
static void test_debugger(void **state)
{
	(void)state;
	debugger = true;
	debug_nmi(&cpu[0]);
	assert_string_equal(said, "");
	assert_int_equal(kicks[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test_setup(test_once, setup),
		cmocka_unit_test_setup(test_silent, setup),
		cmocka_unit_test_setup(test_kick, setup),
		cmocka_unit_test_setup(test_debugger, setup),
	};

	return cmocka_run_group_tests_name("register dump", tests, NULL, NULL);
}
