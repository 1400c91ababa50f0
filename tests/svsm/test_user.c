// SPDX-License-Identifier: MIT
// Programs in ring 3: what they can do, and what they cannot.
#include "abi/boot.h"
#include "hw/ghcb.h"
#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/layout.h"
#include "kernel/page.h"
#include "kernel/user/service.h"
#include "lib/string.h"
#include "tests/svsm/programs/probe.h"
#include "tests/svsm/suite.h"

#define PROBE_MEMORY MIB(2)

extern const uint8_t program_probe[], program_probe_end[];

static struct service probe;
static uint8_t data[SERVICE_BUFFER_MAX];
static uint32_t data_size;
static const struct vcpu *const caller = (const struct vcpu *)&probe; // only compared

static bool probe_start(void)
{
	struct bytes program =
		bytes_make(program_probe, (size_t)(program_probe_end - program_probe));

	return EXPECT_EQ(service_start(&probe, "probe", program, PROBE_MEMORY), OK);
}

static void probe_stop(void)
{
	process_destroy(&probe.process);
	probe = (struct service){0};
}

// One call, repeated while it is incomplete. What it answers in the first register.
static enum error probe_call(uint32_t call, uint64_t *rcx, uint64_t *rdx)
{
	struct request request = {
		.vcpu = (struct vcpu *)caller,
		.call = call,
		.rcx = *rcx,
		.rdx = rdx == NULL ? 0 : *rdx,
	};
	enum error err = OK;

	for (unsigned int i = 0; i < 10000; i++) {
		struct request again = request;

		err = service_call(&probe, &again, data, &data_size);
		if (err == ERR_SVSM_INCOMPLETE)
			continue;
		*rcx = again.rcx;
		if (rdx != NULL)
			*rdx = again.rdx;
		return err;
	}
	return err;
}

static uint64_t probe_ask(uint32_t call, uint64_t argument)
{
	EXPECT_EQ(probe_call(call, &argument, NULL), OK);
	return argument;
}

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
		data_size = size;
		for (uint32_t i = 0; i < size; i++)
			data[i] = (uint8_t)(i * 7);
		probe_ask(PROBE_ECHO, 0);
		EXPECT_EQ(data_size, size);
		for (uint32_t i = 0; i < size; i++) {
			if (data[i] != (uint8_t)((size - 1 - i) * 7))
				EXPECT_EQ(i, size);
		}
	}
	probe_stop();
}

static void test_c_library(void)
{
	if (!probe_start())
		return;
	data_size = 0;
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
	data_size = 0;
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

// Two services take turns on one CPU: each keeps its registers.
static void test_registers_are_its_own(void)
{
	static struct service other;
	struct bytes program =
		bytes_make(program_probe, (size_t)(program_probe_end - program_probe));
	struct request set = {.vcpu = (struct vcpu *)caller, .call = PROBE_XMM_SET, .rcx = 77};

	if (!probe_start())
		return;
	EXPECT_EQ(service_start(&other, "other", program, PROBE_MEMORY), OK);
	data_size = 0;
	probe_ask(PROBE_XMM_SET, 42);
	EXPECT_EQ(service_call(&other, &set, data, &data_size), OK);
	EXPECT_EQ(probe_ask(PROBE_XMM_GET, 0), 42);
	set.call = PROBE_XMM_GET;
	EXPECT_EQ(service_call(&other, &set, data, &data_size), OK);
	EXPECT_EQ(set.rcx, 77);
	process_destroy(&other.process);
	other = (struct service){0};
	probe_stop();
}

// A long request is served in slices; who comes between is told so, and served after it.
static void test_slices(void)
{
	struct request work = {
		.vcpu = (struct vcpu *)caller,
		.call = PROBE_WORK,
		.rcx = 2000,
	};
	struct request echo = {.vcpu = (struct vcpu *)&data, .call = PROBE_ECHO};
	struct request again = work;
	unsigned int slices = 0;

	if (!probe_start())
		return;
	data_size = 0;
	enum error err = service_call(&probe, &again, data, &data_size);

	EXPECT_EQ(err, ERR_SVSM_INCOMPLETE);
	EXPECT_EQ(service_call(&probe, &echo, data, &data_size), ERR_BUSY);
	for (; err == ERR_SVSM_INCOMPLETE && slices < 10000; slices++) {
		again = work;
		err = service_call(&probe, &again, data, &data_size);
	}
	EXPECT_EQ(err, OK);
	EXPECT_EQ(again.rcx, 2000);
	suite_note("%u slices", slices);
	probe_stop();
}

#define CALLER(n) ((struct vcpu *)((uint8_t *)&probe + (n))) // others

static struct request step_request(uint64_t ticket, struct vcpu *vcpu)
{
	return (struct request){.vcpu = vcpu, .call = PROBE_WORK, .rcx = 2000, .ticket = ticket};
}

// One slice of a call in steps; what was given, in ->rcx.
static enum error step_once(
	struct request *request, uint64_t ticket, struct vcpu *vcpu, bool resume)
{
	*request = step_request(ticket, vcpu);
	request->resume = resume;
	data_size = 0;
	return service_call(&probe, request, data, &data_size);
}

static enum error step_finish(uint64_t ticket, struct vcpu *vcpu)
{
	struct request request;
	enum error err = ERR_SVSM_INCOMPLETE;

	for (unsigned int i = 0; err == ERR_SVSM_INCOMPLETE && i < 10000; i++)
		err = step_once(&request, ticket, vcpu, true);
	return err;
}

// A ticket says which call it is: for every vCPU, once, and not for an equal call.
static void test_tickets(void)
{
	struct request request;

	if (!probe_start())
		return;
	EXPECT_EQ(step_once(&request, 1, CALLER(0), true), ERR_INVALID_REQUEST);
	EXPECT_EQ(step_once(&request, 1, CALLER(0), false), ERR_SVSM_INCOMPLETE);
	EXPECT_EQ(step_once(&request, 2, CALLER(0), true), ERR_INVALID_REQUEST);
	EXPECT_EQ(step_once(&request, 0, CALLER(0), true), ERR_INVALID_REQUEST);
	EXPECT_EQ(step_once(&request, 2, CALLER(1), false), ERR_BUSY);
	EXPECT_EQ(step_once(&request, 0, CALLER(0), false), ERR_BUSY);
	EXPECT_EQ(step_finish(1, CALLER(1)), OK);
	EXPECT_EQ(step_once(&request, 1, CALLER(1), true), ERR_INVALID_REQUEST);
	EXPECT_EQ(step_once(&request, 1, CALLER(0), true), ERR_INVALID_REQUEST);
	EXPECT_EQ(probe.process.state, PROCESS_WAITING);
	probe_stop();
}

static void run_to_answer(uint64_t ticket)
{
	struct request request;

	EXPECT_EQ(step_once(&request, ticket, CALLER(0), false), ERR_SVSM_INCOMPLETE);
	for (unsigned int i = 0; !probe.answered && i < 10000; i++)
		EXPECT_EQ(step_once(&request, ticket + 1, CALLER(1), false), ERR_BUSY);
	EXPECT(probe.answered);
}

// Whose answer waits: another vCPU does not push it aside, the same one does.
static void test_ticket_given_up(void)
{
	struct request request;

	if (!probe_start())
		return;
	run_to_answer(1);
	EXPECT_EQ(step_once(&request, 2, CALLER(1), false), ERR_BUSY);
	EXPECT_EQ(step_once(&request, 1, CALLER(2), true), OK);
	run_to_answer(3);
	EXPECT_EQ(step_once(&request, 5, CALLER(0), false), ERR_SVSM_INCOMPLETE);
	EXPECT_EQ(step_once(&request, 3, CALLER(0), true), ERR_INVALID_REQUEST);
	// The last one that went on with it counts, not who began.
	EXPECT_EQ(step_once(&request, 5, CALLER(2), true), ERR_SVSM_INCOMPLETE);
	for (unsigned int i = 0; !probe.answered && i < 10000; i++)
		EXPECT_EQ(step_once(&request, 6, CALLER(1), false), ERR_BUSY);
	EXPECT_EQ(step_once(&request, 7, CALLER(0), false), ERR_BUSY);
	EXPECT_EQ(step_once(&request, 7, CALLER(2), false), ERR_SVSM_INCOMPLETE);
	EXPECT_EQ(step_finish(7, CALLER(2)), OK);
	probe_stop();
}

// A guest that starts anew: what the old one left comes to its end, and nobody gets the answer.
static void test_forget(void)
{
	struct request request;
	enum error err = ERR_SVSM_INCOMPLETE;

	if (!probe_start())
		return;
	EXPECT_EQ(step_once(&request, 1, CALLER(0), false), ERR_SVSM_INCOMPLETE);
	for (unsigned int i = 0; err == ERR_SVSM_INCOMPLETE && i < 10000; i++)
		err = service_settle(&probe);
	EXPECT_EQ(err, OK);
	service_forget(&probe);
	EXPECT_EQ(step_once(&request, 1, CALLER(0), true), ERR_INVALID_REQUEST);
	EXPECT_EQ(step_once(&request, 2, CALLER(0), false), ERR_SVSM_INCOMPLETE);
	EXPECT_EQ(step_finish(2, CALLER(0)), OK);
	probe_stop();
}

#define SPIN_TURNS 100000000ull

// On the native platform the timer alone would do; the software machine's comes with another reason
// to exit, and here is none.
static void job_disturb(void *argument)
{
	const atomic_bool *end = argument;

	while (!atomic_load(end)) {
		uint64_t start = cpu_read_tsc();

		error_ignore(platform_wake_cpu(cpus_get(0)));
		while (cpu_read_tsc() - start < 1000000)
			cpu_pause();
	}
}

// A computation that makes no system call is stopped, and goes on where it was.
static void test_computation(void)
{
	static atomic_bool end;
	struct request spin = {
		.vcpu = (struct vcpu *)caller,
		.call = PROBE_SPIN,
		.rcx = SPIN_TURNS,
	};
	unsigned int slices = 0;
	enum error err = ERR_SVSM_INCOMPLETE;

	if (!probe_start())
		return;
	data_size = 0;
	atomic_store(&end, false);
	job_start(1, job_disturb, &end);
	for (; err == ERR_SVSM_INCOMPLETE && slices < 10000; slices++) {
		struct request again = spin;

		err = service_call(&probe, &again, data, &data_size);
	}
	atomic_store(&end, true);
	job_wait(1);
	EXPECT_EQ(err, OK);
	EXPECT(slices > 3);
	suite_note("%u slices", slices);
	probe_stop();
}

#define CALLS_EACH 100

struct caller {
	uint32_t number;
	uint32_t wrong;
	uint32_t busy;
};

static struct service shared;

// As a guest does it: again while the service is busy with another CPU.
static void job_call(void *argument)
{
	static uint8_t buffers[CPUS_MAX][SERVICE_BUFFER_MAX];
	struct caller *own = argument;
	uint8_t *buffer = buffers[own->number];

	for (uint32_t i = 0; i < CALLS_EACH; i++) {
		enum error err = ERR_BUSY;
		uint32_t size = 0;

		while (err == ERR_BUSY || err == ERR_SVSM_INCOMPLETE) {
			struct request request = {
				.vcpu = (struct vcpu *)own,
				.call = PROBE_ECHO,
				.r9 = i,
			};

			size = 8;
			for (uint32_t j = 0; j < size; j++)
				buffer[j] = (uint8_t)(own->number * 16 + j);
			err = service_call(&shared, &request, buffer, &size);
			own->busy += err == ERR_BUSY;
		}
		if (err != OK || size != 8 || buffer[0] != own->number * 16 + 7)
			own->wrong++;
	}
}

static void test_several_cpus(void)
{
	static struct caller callers[CPUS_MAX];
	struct bytes program =
		bytes_make(program_probe, (size_t)(program_probe_end - program_probe));

	for (uint32_t i = 0; i < CPUS_MAX; i++)
		callers[i] = (struct caller){.number = i % 15};
	if (!EXPECT_EQ(service_start(&shared, "shared", program, PROBE_MEMORY), OK))
		return;
	job_run_everywhere(job_call, callers, sizeof(callers[0]));
	for (uint32_t i = 0; i < cpus_count(); i++) {
		EXPECT_EQ(callers[i].wrong, 0);
		suite_note("CPU %u was told %u times that it is busy", i, callers[i].busy);
	}
	process_destroy(&shared.process);
	shared = (struct service){0};
}

static enum error start_and_destroy(void *argument)
{
	static struct service service;
	struct bytes program =
		bytes_make(program_probe, (size_t)(program_probe_end - program_probe));
	enum error err = process_create(&service.process, "failing", program, PROBE_MEMORY);

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
	data_size = 0;
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
	const uint8_t *program = program_probe;

	EXPECT_EQ(process_create(&service.process, "bad", bytes_make(bad, sizeof(bad)), MIB(1)),
		ERR_FORMAT);
	EXPECT_EQ(process_create(&service.process, "bad", bytes_make(program, 64), MIB(1)),
		ERR_FORMAT);
	EXPECT_EQ(
		process_create(&service.process, "bad", bytes_make(program + 1, PAGE_SIZE), MIB(1)),
		ERR_FORMAT);
	EXPECT_EQ(process_create(&service.process, "bad", bytes_make(program, 0), MIB(1)),
		ERR_FORMAT);
	struct bytes whole = bytes_make(program, (size_t)(program_probe_end - program));

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
	TEST("registers are its own", test_registers_are_its_own),
	TEST("long requests in slices", test_slices),
	TEST("a ticket goes on with its call", test_tickets),
	TEST("an answer that nobody comes for", test_ticket_given_up),
	TEST("what was left behind is forgotten", test_forget),
	TEST("a computation is stopped by an event", test_computation, .cpus = 2),
	TEST("several CPUs call at once", test_several_cpus),
	TEST("no memory at the start", test_no_memory),
	TEST("no memory later", test_no_memory_later),
	TEST("bad programs", test_bad_programs),
};
TEST_GROUP(test_user, "user");
