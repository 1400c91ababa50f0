// SPDX-License-Identifier: MIT
// A service has one request at a time, served in slices: registers, tickets, several CPUs.
#include "kernel/cpus.h"
#include "tests/svsm/probing.h"

// Two services take turns on one CPU: each keeps its registers.
static void test_registers_are_its_own(void)
{
	static struct service other;
	struct request set = {.vcpu = (struct vcpu *)caller, .call = PROBE_XMM_SET, .rcx = 77};

	if (!probe_start())
		return;
	EXPECT_EQ(service_start(&other, "other", probe_program(), PROBE_MEMORY), OK);
	probe_size = 0;
	probe_ask(PROBE_XMM_SET, 42);
	EXPECT_EQ(service_call(&other, &set, probe_data, &probe_size), OK);
	EXPECT_EQ(probe_ask(PROBE_XMM_GET, 0), 42);
	set.call = PROBE_XMM_GET;
	EXPECT_EQ(service_call(&other, &set, probe_data, &probe_size), OK);
	EXPECT_EQ(set.rcx, 77);
	process_destroy(&other.process);
	other = (struct service){0};
	probe_stop();
}

// A long request is served in slices; who comes between is told so, and served after it.
static void test_long_requests(void)
{
	struct request work = {
		.vcpu = (struct vcpu *)caller,
		.call = PROBE_WORK,
		.rcx = 2000,
	};
	struct request echo = {.vcpu = (struct vcpu *)&probe_data, .call = PROBE_ECHO};
	struct request again = work;
	unsigned int slices = 0;

	if (!probe_start())
		return;
	probe_size = 0;
	enum error err = service_call(&probe, &again, probe_data, &probe_size);

	EXPECT_EQ(err, ERR_SVSM_INCOMPLETE);
	EXPECT_EQ(service_call(&probe, &echo, probe_data, &probe_size), ERR_BUSY);
	for (; err == ERR_SVSM_INCOMPLETE && slices < 10000; slices++) {
		again = work;
		err = service_call(&probe, &again, probe_data, &probe_size);
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
	probe_size = 0;
	return service_call(&probe, request, probe_data, &probe_size);
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
	probe_size = 0;
	atomic_store(&end, false);
	job_start(1, job_disturb, &end);
	for (; err == ERR_SVSM_INCOMPLETE && slices < 10000; slices++) {
		struct request again = spin;

		err = service_call(&probe, &again, probe_data, &probe_size);
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

	for (uint32_t i = 0; i < CPUS_MAX; i++)
		callers[i] = (struct caller){.number = i % 15};
	if (!EXPECT_EQ(service_start(&shared, "shared", probe_program(), PROBE_MEMORY), OK))
		return;
	job_run_everywhere(job_call, callers, sizeof(callers[0]));
	for (uint32_t i = 0; i < cpus_count(); i++) {
		EXPECT_EQ(callers[i].wrong, 0);
		suite_note("CPU %u was told %u times that it is busy", i, callers[i].busy);
	}
	process_destroy(&shared.process);
	shared = (struct service){0};
}

static const struct test test_slices_tests[] = {
	TEST("registers are its own", test_registers_are_its_own),
	TEST("long requests in slices", test_long_requests),
	TEST("a ticket goes on with its call", test_tickets),
	TEST("an answer that nobody comes for", test_ticket_given_up),
	TEST("what was left behind is forgotten", test_forget),
	TEST("a computation is stopped by an event", test_computation, .cpus = 2),
	TEST("several CPUs call at once", test_several_cpus),
};
TEST_GROUP(test_slices, "slices");
