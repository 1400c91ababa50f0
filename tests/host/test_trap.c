// SPDX-License-Identifier: MIT
// Exceptions, #VC, reports with function names, locks and the log.
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "hw/ghcb.h"
#include "hw/svm.h"
#include "hw/x86.h"
#include "kernel/event_loop.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/percpu.h"
#include "kernel/platform.h"
#include "kernel/spinlock.h"
#include "kernel/trap.h"
#include "tests/host/host.h"

#define INSN  0x1000 // the one entry of the fake's exception table
#define FIXUP 0x2000

static void add_symbols(struct boot_info *info);
static const struct fake_config config = {.prepare = add_symbols};

// Three functions from 0x100 on. In the page below the boot stack, which is memory here.
static void add_symbols(struct boot_info *info)
{
	static const struct boot_ksym table[] = {{0x100, 32}, {0x180, 38}, {0x200, 45}, {0x300, 0}};
	static const char names[] = "first\0second\0third";
	uint64_t gpa = info->stack_guard_va - KERNEL_VA + KERNEL_GPA;

	memcpy(fake_ptr(gpa), table, sizeof(table));
	memcpy(fake_ptr(gpa) + sizeof(table), names, sizeof(names));
	info->ksyms = (struct boot_range){gpa, sizeof(table) + sizeof(names)};
}

static void dispatch(void *frame)
{
	trap_dispatch(frame);
}

static int trap(struct trap_frame frame)
{
	fake_reset();
	return fake_try(dispatch, &frame);
}

static void exceptions_end_the_vm(void **context)
{
	(void)context;
	for (uint64_t vector = 0; vector < 40; vector++) {
		char text[40];

		if (vector == VEC_VC)
			continue;
		assert_int_equal(trap((struct trap_frame){.vector = vector, .error = 0x42}),
			vector == VEC_MC ? TERMINATE_MACHINE_CHECK : TERMINATE_PANIC);
		snprintf(text, sizeof(text), "(vector %lu), error code 0x42", vector);
		assert_true(fake_console_has(text));
	}
	assert_string_equal(trap_name(VEC_PF), "#PF");
	assert_string_equal(trap_name(VEC_HV), "#HV");
	assert_string_equal(trap_name(15), "exception");
	assert_string_equal(trap_name(UINT64_MAX), "exception");
}

static void faults_that_are_expected_go_on(void **context)
{
	static const uint64_t vectors[] = {VEC_PF, VEC_GP, VEC_VC};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct trap_frame frame = {.vector = vectors[i], .rip = INSN};

		frame.error = vectors[i] == VEC_VC ? VMEXIT_PAGE_NOT_VALIDATED : 0;
		fake_reset();
		assert_int_equal(fake_try(dispatch, &frame), FAKE_RETURNED);
		assert_int_equal(frame.rip, FIXUP);
		frame.rip = INSN + 1;
		assert_int_equal(trap(frame),
			vectors[i] == VEC_VC ? TERMINATE_NOT_VALIDATED : TERMINATE_PANIC);
	}
	assert_int_equal(trap_find_fixup(INSN), FIXUP);
	assert_int_equal(trap_find_fixup(0), 0);
	assert_int_equal(trap((struct trap_frame){.vector = VEC_UD, .rip = INSN}), TERMINATE_PANIC);
}

static void vc_says_what_it_was(void **context)
{
	static const struct {
		uint64_t exit;
		uint8_t insn[3];
		const char *text;
	} rows[] = {
		{VMEXIT_CPUID, {0x0f, 0xa2}, "CPUID, which the kernel does not execute"},
		{VMEXIT_MSR, {0x0f, 0x30}, "WRMSR, which"},
		{VMEXIT_MSR, {0x0f, 0x32}, "RDMSR, which"},
		{VMEXIT_MSR, {0x0f, 0xa2}, "exit code 0x7c does not go with the instruction"},
		{VMEXIT_IOIO, {0xee}, "OUT, which"},
		{VMEXIT_VMMCALL, {0x0f, 0x01, 0xd9}, "VMMCALL, which"},
		{VMEXIT_NPF, {0x90}, "exit code 0x400 does not go"},
	};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct trap_frame frame = {.vector = VEC_VC, .error = rows[i].exit};

		frame.rip = (uint64_t)rows[i].insn;
		assert_int_equal(trap(frame), TERMINATE_VC);
		assert_true(fake_console_has(rows[i].text));
	}
	// Its stack is used once.
	assert_int_equal(trap((struct trap_frame){.vector = VEC_VC,
				 .error = VMEXIT_PAGE_NOT_VALIDATED,
				 .rip = INSN,
				 .rsp = STACK_VC_TOP - 0x100}),
		TERMINATE_NESTED_VC);
}

static void names_functions(void **context)
{
	static const struct {
		uint64_t address, offset;
		const char *name;
	} rows[] = {
		{KERNEL_VA + 0x100, 0, "first"},
		{KERNEL_VA + 0x17f, 0x7f, "first"},
		{KERNEL_VA + 0x180, 0, "second"},
		{KERNEL_VA + 0x2ff, 0xff, "third"},
		{KERNEL_VA + 0xff, 0, NULL},
		{KERNEL_VA - 1, 0, NULL},
		{0, 0, NULL},
	};

	(void)context;
	fake_reset();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t offset = 0;
		const char *name = ksym_find(rows[i].address, &offset);

		if (rows[i].name == NULL) {
			assert_null(name);
			continue;
		}
		assert_string_equal(name, rows[i].name);
		assert_int_equal(offset, rows[i].offset);
	}
}

// Frames on the main stack: each the one before, and a return address.
static void walks_the_stack(void **context)
{
	(void)context;
	fake_reset();
	uint64_t *stack = (uint64_t *)(STACK_MAIN_TOP - 64);

	stack[0] = (uint64_t)&stack[4];
	stack[1] = KERNEL_VA + 0x185;
	stack[4] = (uint64_t)&stack[0]; // back down: a loop
	stack[5] = KERNEL_VA + 0x210;
	backtrace_log(KERNEL_VA + 0x110, (uint64_t)stack);
	assert_true(fake_console_has("#0 0x0000000040000110 first+0x10"));
	assert_true(fake_console_has("#1 0x0000000040000185 second+0x5"));
	assert_true(fake_console_has("#2 0x0000000040000210 third+0x10"));
	assert_false(fake_console_has("#3"));
	// Nothing outside the stacks is read.
	fake_reset();
	backtrace_log(KERNEL_VA, 0x10);
	backtrace_log(KERNEL_VA, STACK_MAIN_TOP - 8);
	backtrace_log(KERNEL_VA, STACK_MAIN_TOP - 9);
	backtrace_log(KERNEL_VA, PERCPU_PAGE(STACK_MAIN_PAGE) - 8);
	assert_false(fake_console_has("#1"));
}

// --- locks

static struct spinlock locks[] = {SPINLOCK(LOCK_GUEST), SPINLOCK(LOCK_SLAB), SPINLOCK(LOCK_PAGE)};

static void acquire(void *lock)
{
	spinlock_acquire(lock);
}

static void release(void *lock)
{
	spinlock_release(lock);
}

static void locks_restart(void)
{
	fake_reset();
	for (size_t i = 0; i < ARRAY_SIZE(locks); i++)
		atomic_store(&locks[i].taken, false);
}

static void locks_have_an_order(void **context)
{
	(void)context;
	for (size_t first = 0; first < ARRAY_SIZE(locks); first++) {
		for (size_t second = 0; second < ARRAY_SIZE(locks); second++) {
			locks_restart();
			spinlock_acquire(&locks[first]);
			assert_true(spinlock_is_held(&locks[first]));
			assert_non_null(fake_check());
			if (first == 0 && second == 2)
				spinlock_acquire(&locks[1]);
			assert_int_equal(fake_try(acquire, &locks[second]),
				second > first ? FAKE_RETURNED : TERMINATE_PANIC);
		}
	}
	locks_restart();
	for (size_t i = 0; i < ARRAY_SIZE(locks); i++)
		spinlock_acquire(&locks[i]);
	// In any order
	spinlock_release(&locks[1]);
	spinlock_release(&locks[0]);
	assert_false(spinlock_is_held(&locks[0]));
	assert_true(spinlock_is_held(&locks[2]));
	spinlock_release(&locks[2]);
	assert_sound();
	assert_int_equal(fake_try(release, &locks[2]), TERMINATE_PANIC);
}

static void give_back(void)
{
	atomic_store(&locks[0].taken, false);
}

// Another CPU has it, and gives it back after a while.
static void locks_are_waited_for(void **context)
{
	(void)context;
	locks_restart();
	atomic_store(&locks[0].taken, true);
	fake_on_pause(give_back);
	spinlock_acquire(&locks[0]);
	assert_true(atomic_load(&locks[0].taken));
	spinlock_release(&locks[0]);
	assert_false(atomic_load(&locks[0].taken));
}

static void run_loop(void *unused)
{
	(void)unused;
	event_loop();
}

// A guest that the host does not run yet: the CPU sleeps. One that ran: the loop goes round.
static void the_event_loop_sleeps_and_runs(void **context)
{
	(void)context;
	fake_reset();
	fake_guest_answer(GHCB_RESULT_MALFORMED);
	assert_int_equal(fake_try(run_loop, NULL), FAKE_AT_REST);
	assert_true(atomic_load(&this_cpu()->cpu->outside));
	fake_reset();
	assert_int_equal(fake_try(run_loop, NULL), FAKE_AT_REST);
	assert_sound();
}

// --- the log

#define LINE_MAX  256
#define RING_SIZE KIB(16)

static char text[2 * RING_SIZE];

static size_t read_log(size_t max)
{
	size_t size = log_read(text, max);

	text[size] = '\0';
	return size;
}

static void lines_have_cpu_and_level(void **context)
{
	(void)context;
	fake_reset();
	log_error("one %d", 1);
	log_warn("two");
	log_info("three");
	log_debug("four");
	assert_string_equal(fake_console(),
		"[svsm/cpu0] error: one 1\n[svsm/cpu0] warn: two\n[svsm/cpu0] info: three\n");
}

static void long_lines_are_cut(void **context)
{
	(void)context;
	fake_reset();
	memset(text, 'x', 1000);
	text[1000] = '\0';
	log_info("%s", text);
	const char *console = fake_console();

	assert_int_equal(strlen(console), LINE_MAX - 1);
	assert_int_equal(console[LINE_MAX - 2], '\n');
	assert_int_equal(console[LINE_MAX - 3], 'x');
}

static void the_ring_keeps_the_newest(void **context)
{
	char last[LINE_MAX];

	(void)context;
	fake_reset();
	for (int i = 0; i < 2000; i++)
		log_info("line number %d", i);
	assert_int_equal(read_log(sizeof(text)), RING_SIZE);
	snprintf(last, sizeof(last), "info: line number %d\n", 1999);
	assert_string_equal(text + RING_SIZE - strlen(last), last);
	assert_int_equal(read_log(10), 10);
	assert_string_equal(text, "mber 1999\n");
	assert_int_equal(read_log(0), 0);
	// All of it went to the console, in the right order, over the ring's end.
	assert_true(fake_console_has("number 0\n"));
	assert_true(fake_console_has("number 1998\n[svsm/cpu0] info: line number 1999\n"));
	assert_sound();
}

static void panic_with(void *number)
{
	panic("number %d", *(int *)number);
}

static void a_panic_reports_and_ends(void **context)
{
	(void)context;
	int number = 7;

	fake_reset();
	assert_int_equal(fake_try(panic_with, &number), TERMINATE_PANIC);
	assert_true(fake_console_has("error: panic: number 7"));
	assert_true(fake_console_has("terminate: set 5, reason 0: "));
	// A second one inside it says nothing, and comes to its end.
	number = 8;
	assert_int_equal(fake_try(panic_with, &number), TERMINATE_PANIC);
	(void)read_log(sizeof(text));
	assert_non_null(strstr(text, "number 7"));
	assert_null(strstr(text, "number 8"));
	for (int reason = 0; reason < 30; reason++)
		assert_non_null(terminate_text((enum terminate_reason)reason));
	assert_string_equal(terminate_text((enum terminate_reason)200), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exceptions_end_the_vm),
		cmocka_unit_test(faults_that_are_expected_go_on),
		cmocka_unit_test(vc_says_what_it_was),
		cmocka_unit_test(names_functions),
		cmocka_unit_test(walks_the_stack),
		cmocka_unit_test(locks_have_an_order),
		cmocka_unit_test(locks_are_waited_for),
		cmocka_unit_test(the_event_loop_sleeps_and_runs),
		cmocka_unit_test(lines_have_cpu_and_level),
		cmocka_unit_test(long_lines_are_cut),
		cmocka_unit_test(the_ring_keeps_the_newest),
		cmocka_unit_test(a_panic_reports_and_ends),
	};

	return host_run("trap", tests, &config);
}
