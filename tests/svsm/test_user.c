// SPDX-License-Identifier: MIT
// Programs in ring 3: what they can do, and what they cannot.
#include "hw/ghcb.h"
#include "kernel/layout.h"
#include "kernel/page.h"
#include "lib/string.h"
#include "tests/svsm/probing.h"

// The call ends the service and nothing else; the log says how.
static void expect_end(uint32_t call, uint64_t argument, const char *says)
{
	if (!probe_start())
		return;
	EXPECT_EQ(probe_call(call, &argument, NULL), ERR_INVALID_REQUEST);
	EXPECT_EQ(probe.process.state, PROCESS_ENDED);
	if (!EXPECT(log_holds(says)))
		suite_note("wanted in the log: %s", says);
	// And it stays dead.
	EXPECT_EQ(probe_call(PROBE_ECHO, &argument, NULL), ERR_INVALID_REQUEST);
	probe_stop();
}

static void test_echo(void)
{
	if (!probe_start())
		return;
	for (uint32_t size = 0; size <= SERVICE_BUFFER_MAX; size += 512) {
		probe_size = size;
		for (uint32_t i = 0; i < size; i++)
			probe_data[i] = (uint8_t)(i * 7);
		probe_ask(PROBE_ECHO, 0);
		EXPECT_EQ(probe_size, size);
		for (uint32_t i = 0; i < size; i++) {
			if (probe_data[i] != (uint8_t)((size - 1 - i) * 7))
				EXPECT_EQ(i, size);
		}
	}
	probe_stop();
}

static void test_c_library(void)
{
	if (!probe_start())
		return;
	probe_size = 0;
	EXPECT_EQ(probe_ask(PROBE_HEAP, 0), 199 * 200 / 2 - 0);
	EXPECT_EQ(probe_ask(PROBE_FLOAT, 0), 1414213562);
	EXPECT(probe_ask(PROBE_RANDOM, 0) != probe_ask(PROBE_RANDOM, 0));
	probe_ask(PROBE_PRINT, 4711);
	EXPECT(log_holds("probe: probe says 4711"));
	probe_stop();
}

// Files, processes, other programs' memory, sockets, the kernel's own doors
static void expect_not_there(void)
{
	static const uint16_t numbers[] = {
		0,   // read
		2,   // open
		3,   // close
		13,  // rt_sigaction
		16,  // ioctl
		25,  // mremap
		39,  // getpid
		41,  // socket
		56,  // clone
		59,  // execve
		62,  // kill
		101, // ptrace
		157, // prctl
		202, // futex
		257, // openat
		310, // process_vm_readv
		319, // memfd_create
		321, // bpf
		425, // io_uring_setup
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		EXPECT_EQ(probe_ask(PROBE_SYSCALL, numbers[i]), 38);
}

static void test_syscalls(void)
{
	if (!probe_start())
		return;
	EXPECT_EQ(probe_ask(PROBE_SYSCALL, 57), 38);	     // fork: ENOSYS
	EXPECT_EQ(probe_ask(PROBE_SYSCALL, 0x7fffffff), 38); // no such
	expect_not_there();
	EXPECT(log_holds("probe: system call 57 is not there"));
	EXPECT_EQ(probe.process.state, PROCESS_WAITING);
	probe_stop();
}

static void test_no_code_from_data(void)
{
	uint64_t mmap_error = 0;
	uint64_t mprotect_error = 0;

	if (!probe_start())
		return;
	EXPECT_EQ(probe_call(PROBE_MAP_CODE, &mmap_error, &mprotect_error), OK);
	EXPECT_EQ(mmap_error, 13); // EACCES
	EXPECT_EQ(mprotect_error, 13);
	probe_stop();
	expect_end(PROBE_RUN_DATA, 0, "ended by #PF");
}

static void test_kernel_is_out_of_reach(void)
{
	static const uint64_t addresses[] = {
		KERNEL_VA,
		PERCPU_VA,
		STACK_MAIN_TOP - 8,
		GHCB_VA,
		TEMP_VA,
		0,
		KERNEL_GPA,
		USER_END,
		USER_END - 8,
	};

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		expect_end(PROBE_READ, addresses[i], "not its own, or not for this");
		expect_end(PROBE_WRITE, addresses[i], "not its own, or not for this");
		expect_end(PROBE_JUMP, addresses[i], "not its own, or not for this");
	}
	// Not an address at all
	expect_end(PROBE_READ, 1ull << 47, "ended by #GP");
}

static void test_own_code_is_read_only(void)
{
	expect_end(PROBE_WRITE, 0x401000, "not its own, or not for this");
}

static void test_instructions(void)
{
	static const char *const says[PROBE_INSTRUCTIONS] = {
		[PROBE_HLT] = "ended by #GP",
		[PROBE_CLI] = "ended by #GP",
		[PROBE_IN] = "ended by #GP",
		[PROBE_RDMSR] = "ended by #GP",
		[PROBE_PVALIDATE] = "ended by #",
		[PROBE_SGDT] = "ended by #GP",
		[PROBE_INT] = "ended by #GP",
		[PROBE_UD] = "ended by #UD",
		[PROBE_DE] = "ended by #DE",
	};

	for (uint64_t i = 0; i < PROBE_INSTRUCTIONS; i++) {
		if (says[i] != NULL)
			expect_end(PROBE_INSTRUCTION, i, says[i]);
	}
}

// The processor lets ring 3 exit to the host: there must be no request for it then, above all not
// the last one again.
static void test_exit_to_host(void)
{
	const volatile struct ghcb *ghcb = (const volatile struct ghcb *)GHCB_VA;
	uint64_t result = 0;

	if (!probe_start())
		return;
	// A timer that comes in between leaves its own answer there.
	for (int i = 0; i < 20 && result != GHCB_RESULT_MALFORMED; i++) {
		probe_ask(PROBE_INSTRUCTION, PROBE_VMGEXIT);
		result = ghcb->sw_exit_info_1;
	}
	EXPECT_EQ(result, GHCB_RESULT_MALFORMED);
	EXPECT_EQ(probe.process.state, PROCESS_WAITING);
	probe_stop();
}

static void test_log_quota(void)
{
	if (!probe_start())
		return;
	probe_size = 0;
	probe_ask(PROBE_CHATTER, 10 * PROCESS_LINES);
	EXPECT(log_holds("probe: says too much"));
	probe_ask(PROBE_PRINT, 815);
	EXPECT(log_holds("probe: probe says 815"));
	probe_stop();
}

static void test_memory_quota(void)
{
	if (!probe_start())
		return;
	uint64_t used = probe_ask(PROBE_USE_UP, 0);

	EXPECT(used > 0 && used <= PROBE_MEMORY);
	EXPECT(log_holds("probe: has used up to"));
	probe_stop();
}

static void test_stack_ends(void)
{
	expect_end(PROBE_RECURSE, 0, "not its own, or not for this");
}

static void test_exit_and_abort(void)
{
	expect_end(PROBE_EXIT, 3, "probe: exit status 3");
	expect_end(PROBE_ABORT, 0, "probe: ended by its own signal 6");
}

static enum error start_and_destroy(void *argument)
{
	static struct service service;
	enum error err = process_create(&service.process, "failing", probe_program(), PROBE_MEMORY);

	(void)argument;
	if (err == OK)
		process_destroy(&service.process);
	return err;
}

static void test_no_memory(void)
{
	EXPECT(alloc_fail_each(start_and_destroy, NULL) > 10);
}

// Memory that the kernel does not have when a program touches it ends the program.
static void test_no_memory_later(void)
{
	uint64_t argument = 0;

	if (!probe_start())
		return;
	probe_size = 0;
	alloc_fail(1);
	EXPECT_EQ(probe_call(PROBE_USE_UP, &argument, NULL), ERR_INVALID_REQUEST);
	alloc_fail(0);
	EXPECT(log_holds("the kernel has no memory left"));
	probe_stop();
}

// Not a program, a damaged one, one with code that can be written
static void test_bad_programs(void)
{
	static struct service service;
	static uint8_t bad[2 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
	struct bytes whole = probe_program();
	const uint8_t *program = whole.data;

	EXPECT_EQ(process_create(&service.process, "bad", bytes_make(bad, sizeof(bad)), MIB(1)),
		ERR_FORMAT);
	EXPECT_EQ(process_create(&service.process, "bad", bytes_make(program, 64), MIB(1)),
		ERR_FORMAT);
	EXPECT_EQ(
		process_create(&service.process, "bad", bytes_make(program + 1, PAGE_SIZE), MIB(1)),
		ERR_FORMAT);
	EXPECT_EQ(process_create(&service.process, "bad", bytes_make(program, 0), MIB(1)),
		ERR_FORMAT);
	EXPECT_EQ(process_create(&service.process, "small", whole, 8 * PAGE_SIZE), ERR_LIMIT);
	EXPECT_EQ(service.process.state, PROCESS_ENDED);
}

static const struct test test_user_tests[] = {
	TEST("answers requests of every size", test_echo),
	TEST("the C library works", test_c_library),
	TEST("unknown system calls", test_syscalls),
	TEST("no code from data", test_no_code_from_data),
	TEST("the kernel is out of reach", test_kernel_is_out_of_reach),
	TEST("own code is read-only", test_own_code_is_read_only),
	TEST("privileged instructions end the program", test_instructions),
	TEST("an exit to the host asks for nothing", test_exit_to_host,
		.snp = "there is no host to exit to"),
	TEST("memory has a quota", test_memory_quota),
	TEST("the log has a quota", test_log_quota),
	TEST("the stack has an end", test_stack_ends),
	TEST("exit and abort", test_exit_and_abort),
	TEST("no memory at the start", test_no_memory),
	TEST("no memory later", test_no_memory_later),
	TEST("bad programs", test_bad_programs),
};
TEST_GROUP(test_user, "user");
