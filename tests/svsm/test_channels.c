// SPDX-License-Identifier: MIT
// Calls from service to service, and what a hostile one makes of them.
#include "kernel/layout.h"
#include "lib/string.h"
#include "tests/svsm/chain.h"

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
};
TEST_GROUP(test_channels, "channels");
