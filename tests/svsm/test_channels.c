// SPDX-License-Identifier: MIT
// Calls from service to service, and what a hostile one makes of them.
#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/layout.h"
#include "lib/string.h"
#include "tests/svsm/actors.h"

enum { A, B, C, D };

#define EPERM	 1
#define EBADF	 9
#define EFAULT	 14
#define EINVAL	 22
#define EPIPE	 32
#define EMSGSIZE 90

static void hold_channel(unsigned int actor, unsigned int to)
{
	struct boot_object channel = {.kind = BOOT_OBJECT_SERVICE};

	channel.name[0] = (char)('a' + to);
	actor_hold(actor, channel);
}

// B may call A; C calls B.
static bool chain_start(void)
{
	actors_begin();
	hold_channel(B, A);
	hold_channel(C, B);
	return actor_start(A) && actor_start(B) && actor_start(C);
}

// B asks A; B's answer: A's register, the system call's result, A's result.
static enum error ask_a(uint32_t call, uint64_t argument)
{
	return actor_ask(B, PROBE_ASK, 0, call, argument);
}

static void test_call(void)
{
	if (!chain_start())
		return actors_end();
	for (uint32_t size = 0; size <= SERVICE_BUFFER_MAX; size += 1024) {
		for (uint32_t i = 0; i < size; i++)
			asked.data[i] = (uint8_t)(i * 3);
		asked.size = size;
		EXPECT_EQ(ask_a(PROBE_ECHO, 77), OK);
		EXPECT_EQ(asked.regs[0], 77);
		EXPECT_EQ(asked.regs[1], 0);
		EXPECT_EQ(asked.regs[2], SVSM_SUCCESS);
		EXPECT_EQ(asked.size, size);
		EXPECT(size == 0 || asked.data[size - 1] == 0);
		EXPECT(size == 0 || asked.data[0] == (uint8_t)((size - 1) * 3));
	}
	asked.size = 0;
	EXPECT_EQ(ask_a(PROBE_CALLS, 0), OK);
	EXPECT_EQ(asked.regs[2], SVSM_ERR_UNSUPPORTED_CALL);
	actors_end();
}

// Who called stands in the message, written by the kernel; C goes through B.
static void test_caller(void)
{
	struct service_message forged = {
		.protocol = 2,
		.call = PROBE_WHO,
		.caller = SERVICE_CALLER_KERNEL,
		.caller_id = 4711,
	};

	if (!chain_start())
		return actors_end();
	EXPECT_EQ(actor_ask(A, PROBE_WHO, 0, 0, 0), OK);
	EXPECT_EQ(asked.regs[0], SERVICE_CALLER_GUEST);
	EXPECT_EQ(asked.regs[1], 0);
	uint64_t scratch = actor_scratch(B);

	forged.buffer = scratch + sizeof(forged);
	actor_put(B, 0, &forged, sizeof(forged));
	EXPECT_EQ(actor_raw(B, SERVICE_CALL_CALL, 0, scratch, 0, 0), 0);
	memcpy(&forged, actor_get(B, 0, sizeof(forged)), sizeof(forged));
	EXPECT_EQ(forged.regs[0], SERVICE_CALLER_SERVICE);
	EXPECT_EQ(forged.regs[1], 101); // B's own
	EXPECT_EQ(forged.regs[2], 100); // A's own
	actors_end();
}

static void test_chain(void)
{
	const struct request request = {
		.vcpu = (struct vcpu *)&asked,
		.protocol = 102,
		.call = PROBE_ASK,
		.rdx = PROBE_ASK, // B's handle 0 again, call 0 of A
	};

	if (!chain_start())
		return actors_end();
	asked.size = 5;
	memcpy(asked.data, "abcde", 5);
	EXPECT_EQ(actor_ask_times(C, &request, 1000), OK);
	EXPECT_EQ(asked.size, 5);
	EXPECT_EQ(asked.data[0], 'e');
	EXPECT_EQ(asked.regs[1], 0);
	actors_end();
}

static void test_handles_not_held(void)
{
	static const uint64_t wrong[] = {
		1, 2, BOOT_OBJECTS_MAX, ~0ull, 1ull << 63, 1ull << 32, (uint64_t)-4096, UINT32_MAX};

	if (!chain_start())
		return actors_end();
	uint64_t scratch = actor_scratch(B);

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_EQ(actor_raw(B, SERVICE_CALL_CALL, wrong[i], scratch, 0, 0), -EBADF);
	// A holds nothing; that B and C have a handle 0 is no help.
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_CALL, 0, actor_scratch(A), 0, 0), -EBADF);
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_CALL, 1, actor_scratch(A), 0, 0), -EBADF);
	// Calls of the kernel's that are not there
	EXPECT_EQ(actor_raw(B, SERVICE_CALL_BASE + 100, 0, 0, 0, 0), -38);
	actors_end();
}

// Calls itself, a later one, one that is not there: refused before anything is started.
static void test_cycles(void)
{
	actors_begin();
	hold_channel(A, A);
	actor_expect_refused(A, "no service of this name stands before it");
	actors_begin();
	hold_channel(A, B);
	hold_channel(B, A);
	actor_expect_refused(A, "no service of this name stands before it");
	actors_begin();
	hold_channel(A, D);
	actor_expect_refused(A, "no service of this name stands before it");
	actors_begin();
	actor_from[A].object_count = BOOT_OBJECTS_MAX + 1;
	actor_expect_refused(A, "service a: 9 objects");
	actors_begin();
	actor_hold(A, (struct boot_object){.kind = 4711, .name = "x"});
	actor_expect_refused(A, "no such kind of object");
	actors_begin();
	actor_hold(A, (struct boot_object){.kind = 0});
	actor_expect_refused(A, "no such kind of object");
}

static void bad_message(struct service_message message, uint64_t scratch, int64_t want)
{
	if (message.buffer == 0)
		message.buffer = scratch + 1024;
	actor_put(B, 0, &message, sizeof(message));
	EXPECT_EQ(actor_raw(B, SERVICE_CALL_CALL, 0, scratch, 0, 0), want);
}

static void test_bad_messages(void)
{
	if (!chain_start())
		return actors_end();
	uint64_t scratch = actor_scratch(B);
	uint64_t code = actor_code(B);
	const uint64_t nowhere[] = {0, 8, KERNEL_VA, PERCPU_VA, USER_END - 8, USER_END, ~0ull - 7,
		1ull << 38, 1ull << 47, KERNEL_GPA, scratch + (1ull << 39)};

	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++) {
		EXPECT_EQ(actor_raw(B, SERVICE_CALL_CALL, 0, nowhere[i], 0, 0), -EFAULT);
		bad_message((struct service_message){.call = PROBE_ECHO,
				    .buffer = nowhere[i] | 8,
				    .room = 64,
				    .size = 64},
			scratch, -EFAULT);
	}
	bad_message((struct service_message){.room = 4, .size = 5}, scratch, -EINVAL);
	bad_message((struct service_message){.room = 4097, .size = 1}, scratch, -EINVAL);
	bad_message((struct service_message){.room = ~0u, .size = ~0u}, scratch, -EINVAL);
	bad_message((struct service_message){.reserved = 1}, scratch, -EINVAL);
	// Read-only memory can be asked from, and takes no answer.
	bad_message(
		(struct service_message){
			.call = PROBE_ECHO, .buffer = code, .room = 16, .size = 16},
		scratch, -EFAULT);
	EXPECT_EQ(actor_raw(B, SERVICE_CALL_CALL, 0, code, 0, 0) < 0, true);
	// An answer larger than its room: 64 bytes of A's memory, for 8
	bad_message(
		(struct service_message){.call = PROBE_GET, .regs = {0, 64}, .room = 8, .size = 8},
		scratch, -EMSGSIZE);
	// After all that both are well.
	asked.size = 0;
	EXPECT_EQ(ask_a(PROBE_ECHO, 3), OK);
	EXPECT_EQ(asked.regs[0], 3);
	actors_end();
}

static void bad_answer(struct service_message message, uint64_t scratch, int64_t want)
{
	actor_put(A, 0, &message, sizeof(message));
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_REPLY_AND_WAIT, scratch, 0, 0, 0), want);
}

// An answer that is refused can be given again, rightly.
static void test_bad_answers(void)
{
	if (!chain_start())
		return actors_end();
	uint64_t scratch = actor_scratch(A);
	const uint64_t nowhere[] = {
		0, KERNEL_VA, PERCPU_VA, USER_END, ~0ull - 7, 1ull << 47, KERNEL_GPA};

	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++) {
		EXPECT_EQ(actor_raw(A, SERVICE_CALL_REPLY_AND_WAIT, nowhere[i], 0, 0, 0), -EFAULT);
		bad_answer((struct service_message){.buffer = nowhere[i], .room = 64, .size = 64},
			scratch, -EFAULT);
	}
	bad_answer((struct service_message){.room = 4, .size = 5}, scratch, -EINVAL);
	bad_answer((struct service_message){.room = 4097, .size = 1}, scratch, -EINVAL);
	bad_answer((struct service_message){.room = ~0u, .size = ~0u}, scratch, -EINVAL);
	bad_answer((struct service_message){.reserved = 1}, scratch, -EINVAL);
	EXPECT_EQ(actor_ask(A, PROBE_WHO, 0, 0, 0), OK);
	actors_end();
}

// It waits with a buffer that cannot be written: the next caller hears that it has ended.
static void test_bad_buffer(void)
{
	if (!chain_start())
		return actors_end();
	struct service_message message = {.buffer = actor_code(A), .room = SERVICE_BUFFER_MAX};
	uint64_t scratch = actor_scratch(A);

	actor_put(A, 0, &message, sizeof(message));
	EXPECT_EQ(actor_raw(A, SERVICE_CALL_REPLY_AND_WAIT, scratch, 0, 0, 0), 0);
	asked.size = 8;
	EXPECT_EQ(ask_a(PROBE_ECHO, 0), OK);
	EXPECT_EQ((int64_t)asked.regs[1], -EPIPE);
	EXPECT(log_holds("a: its buffer cannot take a request"));
	EXPECT(!service_is_alive(&actors[A]));
	actors_end();
}

// A buffer in the other service's memory: the same address is the caller's own there, or nothing.
static void test_others_memory(void)
{
	if (!chain_start())
		return actors_end();
	struct service_message message = {
		.call = PROBE_ECHO, .buffer = actor_scratch(A) + 512, .room = 6, .size = 6};

	actor_put(A, 512, "secret", 6);
	actor_put(B, 512, "public", 6);
	actor_put(B, 0, &message, sizeof(message));
	EXPECT_EQ(actor_raw(B, SERVICE_CALL_CALL, 0, actor_scratch(B), 0, 0), 0);
	EXPECT_EQ(memcmp(actor_get(B, 512, 6), "cilbup", 6), 0);
	EXPECT_EQ(memcmp(actor_get(A, 512, 6), "secret", 6), 0);
	actors_end();
}

static void test_callee_dies(void)
{
	if (!chain_start())
		return actors_end();
	asked.size = 0;
	EXPECT_EQ(ask_a(PROBE_EXIT, 1), OK);
	EXPECT_EQ((int64_t)asked.regs[1], -EPIPE);
	EXPECT(!service_is_alive(&actors[A]));
	// And later
	EXPECT_EQ(ask_a(PROBE_ECHO, 1), OK);
	EXPECT_EQ((int64_t)asked.regs[1], -EPIPE);
	// B goes on.
	EXPECT_EQ(actor_ask(B, PROBE_WHO, 0, 0, 0), OK);
	actors_end();
}

static void test_callee_faults_in_chain(void)
{
	if (!chain_start())
		return actors_end();
	asked.size = 0;
	// C asks B to write to the kernel.
	EXPECT_EQ(actor_ask(C, PROBE_ASK, 0, PROBE_WRITE, KERNEL_VA), OK);
	EXPECT_EQ((int64_t)asked.regs[1], -EPIPE);
	EXPECT(log_holds("b: ended by #PF"));
	EXPECT(service_is_alive(&actors[A]) && service_is_alive(&actors[C]));
	actors_end();
}

// Long in the callee: slices of the caller's caller. Others are told BUSY meanwhile, or help.
static void test_slices(void)
{
	struct request work = {.vcpu = (struct vcpu *)&asked,
		.protocol = 101,
		.call = PROBE_ASK,
		.rdx = PROBE_WORK,
		.r8 = 2000};
	struct request echo = {.vcpu = (struct vcpu *)&actors, .call = PROBE_ECHO};

	if (!chain_start())
		return actors_end();
	asked.size = 0;
	EXPECT_EQ(actor_ask_times(B, &work, 1), ERR_SVSM_INCOMPLETE);
	EXPECT_EQ(actors[B].process.state, PROCESS_CALLING);
	// B is busy, and so is A with B's call; who asks helps it along.
	EXPECT_EQ(actor_ask_times(B, &echo, 1), ERR_BUSY);
	EXPECT_EQ(actor_ask_times(A, &echo, 1), ERR_BUSY);
	EXPECT_EQ(actor_ask_times(A, &echo, 10000), OK);
	// A has answered B's call before that.
	EXPECT_EQ(actor_ask_times(B, &work, 100), OK);
	EXPECT_EQ(asked.regs[0], 2000);
	EXPECT_EQ(asked.regs[1], 0);
	actors_end();
}

// The callee is at work for the guest when the caller comes.
static void test_busy_callee(void)
{
	struct request work = {
		.vcpu = (struct vcpu *)&actors, .protocol = 100, .call = PROBE_WORK, .rcx = 500};
	struct request ask = {.vcpu = (struct vcpu *)&asked,
		.protocol = 101,
		.call = PROBE_ASK,
		.rdx = PROBE_ECHO};

	if (!chain_start())
		return actors_end();
	asked.size = 0;
	EXPECT_EQ(actor_ask_times(A, &work, 1), ERR_SVSM_INCOMPLETE);
	// The caller's slice goes to what is there first; its answer waits for the guest.
	EXPECT_EQ(actor_ask_times(B, &ask, 20), ERR_SVSM_INCOMPLETE);
	EXPECT_EQ(actor_ask_times(A, &work, 10000), OK);
	EXPECT_EQ(asked.regs[0], 500);
	EXPECT_EQ(actor_ask_times(B, &ask, 100), OK);
	EXPECT_EQ(asked.regs[1], 0);
	actors_end();
}

// A guest that does not come for an answer keeps it some seconds, not for ever.
static void test_stale_answer(void)
{
	struct request gone = {
		.vcpu = (struct vcpu *)&actors, .protocol = 100, .call = PROBE_WORK, .rcx = 2000};
	struct request ask = {.vcpu = (struct vcpu *)&asked,
		.protocol = 101,
		.call = PROBE_ASK,
		.rcx = 0,
		.rdx = PROBE_ECHO,
		.r8 = 9};

	if (!chain_start())
		return actors_end();
	asked.size = 0;
	EXPECT_EQ(actor_ask_times(A, &gone, 1), ERR_SVSM_INCOMPLETE);
	// B's slices finish it.
	for (unsigned int i = 0; i < 10000 && !actors[A].answered; i++)
		EXPECT_EQ(actor_ask_times(B, &ask, 1), ERR_SVSM_INCOMPLETE);
	EXPECT(actors[A].answered);
	actors[A].answered_tsc -= 1ull << 34; // seconds ago
	EXPECT_EQ(actor_ask_times(B, &ask, 100), OK);
	EXPECT_EQ(asked.regs[0], 9);
	actors_end();
}

// A callee that never answers: the caller is INCOMPLETE for ever; others are served.
static void test_spinning_callee(void)
{
	static uint64_t longest;
	struct request spin = {.vcpu = (struct vcpu *)&asked,
		.protocol = 101,
		.call = PROBE_ASK,
		.rdx = PROBE_WORK,
		.r8 = ~0ull};

	if (!chain_start() || !actor_start(D))
		return actors_end();
	asked.size = 0;
	for (unsigned int i = 0; i < 20; i++) {
		uint64_t start = cpu_read_tsc();

		EXPECT_EQ(actor_ask_times(B, &spin, 1), ERR_SVSM_INCOMPLETE);
		longest = MAX(longest, cpu_read_tsc() - start);
		EXPECT_EQ(actor_ask(D, PROBE_WHO, 0, 0, 0), OK);
	}
	suite_note("the longest slice took %lu ticks", longest);
	// Stopped in the middle of it; A is still at work, for nobody.
	service_stop(&actors[B]);
	EXPECT_EQ(actors[A].process.state, PROCESS_READY);
	EXPECT(actor_start(B));
	spin.call = PROBE_WHO;
	EXPECT_EQ(actor_ask_times(B, &spin, 100), OK);
	actors_end();
}

// What was asked for by a caller that is gone is finished, and the callee is free again.
static void test_stopped_caller(void)
{
	struct request work = {.vcpu = (struct vcpu *)&asked,
		.protocol = 101,
		.call = PROBE_ASK,
		.rdx = PROBE_WORK,
		.r8 = 500};

	if (!chain_start())
		return actors_end();
	asked.size = 0;
	EXPECT_EQ(actor_ask_times(B, &work, 1), ERR_SVSM_INCOMPLETE);
	service_stop(&actors[B]);
	EXPECT_EQ(actors[A].process.state, PROCESS_READY);
	EXPECT(actor_restart(B));
	// Its next call does not get the answer to that one.
	EXPECT_EQ(ask_a(PROBE_WHO, 0), OK);
	EXPECT_EQ(asked.regs[0], SERVICE_CALLER_SERVICE);
	actors_end();
}

// What was asked of a callee that is stopped has failed, also when another one is there at once.
static void test_stopped_callee(void)
{
	struct request work = {.vcpu = (struct vcpu *)&asked,
		.protocol = 101,
		.call = PROBE_ASK,
		.rdx = PROBE_WORK,
		.r8 = 2000};

	if (!chain_start())
		return actors_end();
	asked.size = 0;
	EXPECT_EQ(actor_ask_times(B, &work, 1), ERR_SVSM_INCOMPLETE);
	service_stop(&actors[A]);
	EXPECT(actor_restart(A));
	EXPECT_EQ(actor_ask_times(B, &work, 100), OK);
	EXPECT_EQ((int64_t)asked.regs[1], -EPIPE);
	EXPECT_EQ(ask_a(PROBE_ECHO, 5), OK);
	EXPECT_EQ(asked.regs[0], 5);
	actors_end();
}

#define CALLS_EACH 50

struct user {
	uint32_t number;
	uint32_t wrong;
};

// Some through B and C, some right to A: each gets its own answer.
static void job_call(void *argument)
{
	static uint8_t buffers[CPUS_MAX][SERVICE_BUFFER_MAX];
	struct user *own = argument;
	uint8_t *buffer = buffers[own->number];
	unsigned int actor = own->number % 3;

	for (uint32_t i = 0; i < CALLS_EACH; i++) {
		enum error err = ERR_BUSY;
		uint32_t size = 0;

		while (err == ERR_BUSY || err == ERR_SVSM_INCOMPLETE) {
			struct request request = {
				.vcpu = (struct vcpu *)own,
				.call = actor == A ? PROBE_ECHO : PROBE_ASK,
				.rdx = actor == C ? PROBE_ASK : PROBE_ECHO,
				.r8 = 0,
				.r9 = i,
			};

			size = 8;
			for (uint32_t j = 0; j < size; j++)
				buffer[j] = (uint8_t)(own->number * 16 + j);
			err = service_call(&actors[actor], &request, buffer, &size);
		}
		if (err != OK || size != 8 || buffer[0] != (uint8_t)(own->number * 16 + 7))
			own->wrong++;
	}
}

static void test_several_cpus(void)
{
	static struct user users[CPUS_MAX];

	if (!chain_start())
		return actors_end();
	for (uint32_t i = 0; i < CPUS_MAX; i++)
		users[i] = (struct user){.number = i % 15};
	job_run_everywhere(job_call, users, sizeof(users[0]));
	for (uint32_t i = 0; i < cpus_count(); i++)
		EXPECT_EQ(users[i].wrong, 0);
	actors_end();
}

static const struct test test_channels_tests[] = {
	TEST("a call and its answer", test_call),
	TEST("the caller is the kernel's word", test_caller),
	TEST("a chain of three", test_chain),
	TEST("handles that are not held", test_handles_not_held),
	TEST("cycles and unknown objects are refused", test_cycles),
	TEST("wrong messages and buffers", test_bad_messages),
	TEST("wrong answers", test_bad_answers),
	TEST("waits with a wrong buffer", test_bad_buffer),
	TEST("a buffer in the other's memory", test_others_memory),
	TEST("the callee dies", test_callee_dies),
	TEST("the callee of a chain faults", test_callee_faults_in_chain),
	TEST("slices reach through a call", test_slices),
	TEST("the callee is busy", test_busy_callee),
	TEST("an answer nobody comes for", test_stale_answer),
	TEST("the callee never answers", test_spinning_callee),
	TEST("the caller is stopped", test_stopped_caller),
	TEST("the callee is stopped", test_stopped_callee),
	TEST("several CPUs through a chain", test_several_cpus),
};
TEST_GROUP(test_channels, "channels");
