// SPDX-License-Identifier: MIT
// Calls from service to service that take long: slices, who waits for whom, and who is stopped.
#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "tests/svsm/chain.h"

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

static const struct test test_waiting_tests[] = {
	TEST("slices reach through a call", test_slices),
	TEST("the callee is busy", test_busy_callee),
	TEST("an answer nobody comes for", test_stale_answer),
	TEST("the callee never answers", test_spinning_callee),
	TEST("the caller is stopped", test_stopped_caller),
	TEST("the callee is stopped", test_stopped_callee),
	TEST("several CPUs through a chain", test_several_cpus),
};
TEST_GROUP(test_waiting, "waiting");
