// SPDX-License-Identifier: MIT
/*
 * Tests that run inside the SVSM kernel, in the place of serving a guest (kernel/role.h), on the
 * boot CPU. They say what they find in TAP on the console, where the log goes too, and end QEMU
 * with a status.
 *
 * fw_cfg file opt/copra/case selects: a test's name, a group's name, "list", or nothing for all
 * that can follow one another. A test that ends the VM runs in a boot of its own.
 */
#ifndef SUITE_H
#define SUITE_H

#include "kernel/percpu.h"
#include "kernel/platform.h"
#include "lib/util.h"

struct test {
	const char *name;
	void (*run)(void);
	uint32_t cpus;	    // needs as many at least
	const char *snp;    // runs on SEV-SNP alone, for this reason
	const char *native; // runs without SEV-SNP alone, for this reason
	const char *keeps;  // memory is in use after it that was not before, for this reason
	bool ends;	    // ends the VM, by terminate() with this reason
	enum terminate_reason reason;
	const char *says[3]; // and the log holds these texts
};

struct test_group {
	const char *name;
	const struct test *tests;
	size_t count;
};

#define TEST(title, function, ...)                                                                 \
	{                                                                                          \
		.name = title, .run = function, __VA_ARGS__                                        \
	}
#define TEST_GROUP(id, title)                                                                      \
	const struct test_group id = {title, id##_tests, ARRAY_SIZE(id##_tests)}

// --- results of the running test: each says whether it held, and the test goes on

#define EXPECT(condition) suite_expect((condition), __FILE__, __LINE__, #condition)
#define EXPECT_EQ(got, want)                                                                       \
	suite_expect_eq((uint64_t)(got), (uint64_t)(want), __FILE__, __LINE__, #got)
bool suite_expect(bool held, const char *file, int line, const char *text);
bool suite_expect_eq(uint64_t got, uint64_t want, const char *file, int line, const char *text);

// The running test is reported as skipped.
void suite_skip(const char *reason);

// A line of explanation: "# ..."
void suite_note(const char *format, ...) PRINTF_LIKE(1, 2);

// The suite itself cannot go on: ends QEMU with failure.
_Noreturn void suite_abort(const char *format, ...) PRINTF_LIKE(1, 2);

// --- other CPUs (jobs.c). index: of struct cpu, not 0. What an argument points to is not on the
// caller's stack, which other CPUs do not have.

typedef void (*job_function)(void *argument);

void job_start(uint32_t index, job_function run, void *argument);
void job_wait(uint32_t index); // ends the suite when it takes too long
void job_run(uint32_t index, job_function run, void *argument);

// Until the atomic_bool is true: has CPU 0 leave what it computes, which on the software machine
// nothing but another CPU does. (The native platform has its timer.)
void job_disturb(void *end);

// On all CPUs at the same time, this one too; argument + index * size for each.
void job_run_everywhere(job_function run, void *argument, size_t size);

bool wait_until(bool (*condition)(void *), void *argument); // false: not within some seconds
_Noreturn void jobs_serve(void);

// --- ends that are wanted (catch.c): panic(), panic_trap(), terminate() and terminate_now() of
// this CPU come back here, and locks taken since are released.

enum caught_kind { CAUGHT_NOTHING, CAUGHT_PANIC, CAUGHT_TRAP, CAUGHT_TERMINATE };

struct caught {
	enum caught_kind kind;
	enum terminate_reason reason; // of a trap or termination
	uint64_t vector, error, rip;  // of a trap
	char text[160];		      // of a panic
	void *jump[5];
};

// What came of fn(argument). CAUGHT_NOTHING: it returned.
enum caught_kind catch_end(struct caught *caught, void (*run)(void *), void *argument);

// Expects an assertion with this condition to fail in run(argument).
#define EXPECT_ASSERT(condition, run, argument)                                                    \
	suite_expect_assert(run, argument, condition, __FILE__, __LINE__)
void suite_expect_assert(
	void (*run)(void *), void *argument, const char *condition, const char *file, int line);

// --- failing allocations (alloc.c)

// The nth page allocation of this CPU from now on fails, once; 0: none.
void alloc_fail(uint32_t nth);
// All of them.
void alloc_fail_all(bool fail);
// Allocations since alloc_fail.
uint32_t alloc_count(void);

// Runs the operation with its first, second, ... allocation failing, until none does. It has to
// answer ERR_NO_MEMORY each time. Returns how many allocations it needed.
uint32_t alloc_fail_each(enum error (*run)(void *), void *argument);

// Calls of platform_wake_cpu since the start (wakes.c)
uint32_t wakes_count(void);
// From now on they fail, as if the host refused.
void wakes_fail(bool fail);

// --- lock order (locks.c)

void locks_release_since(uint32_t depth); // for catch.c
uint32_t locks_depth(void);

// Edges "held before taken" of all locks seen so far; a cycle could be a deadlock.
struct lock_graph {
	const void *locks[16];
	uint32_t levels[16];
	uint32_t count;
	uint16_t after[16]; // bit n: lock n was taken while this one was held
};
extern struct lock_graph lock_graph;
bool lock_graph_has_cycle(const struct lock_graph *graph);

// --- the console (console.c)

void console_print(const char *format, ...) PRINTF_LIKE(1, 2);
void console_mute(bool mute); // the kernel's log, not ours
_Noreturn void console_end(bool passed);
void log_mark(void);		  // at the start of a test
bool log_holds(const char *text); // since then

// --- the image without and with coverage (coverage_off.c, coverage.c)

void coverage_dump(void);

#endif
