// SPDX-License-Identifier: MIT
// Long commands in steps (docs/guest-abi.md): begun, gone on with by the ticket, from any CPU,
// given up for another command; and each wrong way to do that.
#include "tests/guest-bare/steps.h"

#define TPM_CC_SELF_TEST      0x143
#define OTHER_GPA	      (own_buffer() + PAGE_SIZE)
#define WAIT_MS		      60000
#define TPM_CC_GET_CAPABILITY 0x17a
#define TPM_CAP_HANDLES	      1
#define TPM_HT_TRANSIENT      0x80000000u

static uint64_t own_buffer(void)
{
	return STEPS_BUFFER_GPA(this_cpu()->index);
}

static void put_self_test(uint64_t gpa)
{
	uint8_t *p = body(gpa);

	*p++ = 1; // all of it
	command_put(gpa, TPM_ST_NO_SESSIONS, TPM_CC_SELF_TEST, p);
}

static uint64_t begin_long(uint64_t gpa)
{
	put_self_test(gpa);
	expect(step_begin(gpa), SVSM_SUCCESS, "begin a self-test");
	expect_true(step_ticket(gpa) != 0, "it has a ticket");
	return step_ticket(gpa);
}

static void test_found(void)
{
	uint64_t gpa = own_buffer();

	expect(step_resume(gpa, 0), SVSM_SUCCESS, "the question whether there are steps");
	expect(response_size(gpa), 0, "its size");
	expect(step_ticket(gpa), 0, "its ticket");
}

static void put_random(uint64_t gpa)
{
	command_put(gpa, TPM_ST_NO_SESSIONS, TPM_CC_GET_RANDOM, put16(body(gpa), 16));
}

static void test_short(void)
{
	uint64_t gpa = own_buffer();

	put_random(gpa);
	expect(step_begin(gpa), SVSM_SUCCESS, "a short command");
	expect(response_size(gpa), TPM_HEADER_SIZE + 2 + 16, "is finished at once");
	expect(response_code(gpa), TPM_RC_SUCCESS, "and well");
}

static void test_long(void)
{
	uint64_t gpa = own_buffer(), start = rdtsc(), last = start, longest = 0;
	uint64_t ticket = begin_long(gpa);
	unsigned steps = 1;

	while (response_size(gpa) == 0 && steps < STEPS_MAX) {
		longest = MAX(longest, rdtsc() - last);
		last = rdtsc();
		if (step_resume(gpa, ticket))
			break;
		steps++;
	}
	uint64_t took = last - start;

	expect(response_code(gpa), TPM_RC_SUCCESS, "a long command");
	report_note("%u steps in %lu ms, the longest took %lu ms", steps,
		(uint64_t)(took / TSC_PER_MS), (uint64_t)(longest / TSC_PER_MS));
	expect_true(steps > 3 && longest < took / 2, "in steps, none of which is half of it");
	expect(step_resume(gpa, ticket), SVSM_ERR_INVALID_REQUEST,
		"its ticket is worth nothing then");
}

static void bad_request(const char *what, uint32_t command, uint8_t locality, uint32_t size)
{
	uint64_t gpa = own_buffer();
	struct vtpm_request *request = buffer_at(gpa);

	put_random(gpa);
	request->platform_command = command;
	request->locality = locality;
	request->size = size;
	expect(command_call_once(gpa), SVSM_ERR_INVALID_PARAMETER, "%s", what);
	expect(request->platform_command, command, "%s: the buffer is as it was", what);
}

static void test_wrong(void)
{
	uint64_t gpa = own_buffer();

	bad_request("platform command 62", 62, 0, 12);
	bad_request("locality 1", VTPM_SEND_IN_STEPS, 1, 12);
	bad_request("locality 255, size 0", VTPM_SEND_IN_STEPS, 255, 0);
	bad_request("size 9", VTPM_SEND_IN_STEPS, 0, 9);
	bad_request("size not the header's", VTPM_SEND_IN_STEPS, 0, 13);
	bad_request("size 4088", VTPM_SEND_IN_STEPS, 0, 4088);
	bad_request("size 0 by TPM_SEND_COMMAND", VTPM_SEND_COMMAND, 0, 0);
	expect(step_resume(gpa, 1ull << 40), SVSM_ERR_INVALID_REQUEST, "a ticket that nobody has");
	uint64_t ticket = begin_long(gpa);

	expect(step_resume(gpa, ticket + 1), SVSM_ERR_INVALID_REQUEST, "the next ticket");
	expect(step_resume(gpa, ~0ull), SVSM_ERR_INVALID_REQUEST, "the last ticket");
	expect(step_finish(gpa, ticket), TPM_RC_SUCCESS, "the right one afterwards");
}

static uint32_t transient_objects(void)
{
	uint64_t gpa = OTHER_GPA;
	uint8_t *p = put32(put32(body(gpa), TPM_CAP_HANDLES), TPM_HT_TRANSIENT);

	command_put(gpa, TPM_ST_NO_SESSIONS, TPM_CC_GET_CAPABILITY, put32(p, 16));
	if (command_run(gpa))
		return UINT32_MAX;
	return get32(response_data(gpa) + TPM_HEADER_SIZE + 5); // more data, capability
}

// An ordinary command comes between: the first one is carried out, once, and its answer is gone.
static void test_given_up(void)
{
	uint64_t gpa = own_buffer();

	put_rsa_key(gpa, 0);
	expect(step_begin(gpa), SVSM_SUCCESS, "begin to make a key");
	uint64_t ticket = step_ticket(gpa);

	expect_true(ticket != 0, "which takes long");
	expect(get_random(OTHER_GPA, 16), TPM_RC_SUCCESS, "another command before it is done");
	expect(step_resume(gpa, ticket), SVSM_ERR_INVALID_REQUEST,
		"then its ticket is worth nothing");
	expect(transient_objects(), 1, "it was carried out once");
	expect_true(object_flush(OTHER_GPA, TPM_HT_TRANSIENT), "FlushContext");
	expect(transient_objects(), 0, "and once only");
}

// The same when the other command comes in steps: it is told that it has not begun.
static void test_two_in_steps(void)
{
	uint64_t gpa = own_buffer(), other = OTHER_GPA, ticket = begin_long(gpa);
	unsigned refused = 0;
	uint64_t code = SVSM_SUCCESS;

	do {
		put_random(other);
		code = step_begin(other);
		if (code == SVSM_SUCCESS && response_size(other) == 0 && !step_ticket(other))
			refused++;
	} while (!code && response_size(other) == 0 && refused < STEPS_MAX);
	report_note("%u times not begun", refused);
	expect_true(refused > 0, "a second command has to wait");
	expect(code, SVSM_SUCCESS, "it comes to its turn");
	expect(response_code(other), TPM_RC_SUCCESS, "and ends well");
	expect(step_resume(gpa, ticket), SVSM_ERR_INVALID_REQUEST,
		"the first one's answer is gone");
}

static _Atomic uint64_t job_gpa, job_ticket;
static _Atomic uint32_t job_code;

static void job_finish(void)
{
	job_code = step_finish(job_gpa, job_ticket);
}

static void job_random(void)
{
	job_code = get_random(own_buffer(), 16);
}

static void test_other_cpu(void)
{
	uint64_t gpa = own_buffer();

	job_gpa = gpa;
	job_ticket = begin_long(gpa);
	cpu_begin(1, job_finish);
	expect_true(cpu_wait(1, WAIT_MS), "another CPU goes on with it");
	expect(job_code, TPM_RC_SUCCESS, "and gets the answer");
	expect(step_resume(gpa, job_ticket), SVSM_ERR_INVALID_REQUEST, "which the first does not");

	uint64_t ticket = begin_long(gpa);

	cpu_begin(1, job_random);
	expect(step_finish(gpa, ticket), TPM_RC_SUCCESS,
		"one CPU goes on while another has a command");
	expect_true(cpu_wait(1, WAIT_MS), "that comes to its turn");
	expect(job_code, TPM_RC_SUCCESS, "and ends well");

	ticket = begin_long(gpa);
	cpu_begin(1, job_random);
	expect_true(cpu_wait(1, WAIT_MS), "one that nobody goes on with does not stay in the way");
	expect(job_code, TPM_RC_SUCCESS, "of another CPU's command");
	expect(step_resume(gpa, ticket), SVSM_ERR_INVALID_REQUEST, "and is gone");
}

void run_vtpm_steps(void)
{
	for (uint64_t i = 0; i < 2ull * cpu_count; i++)
		need_valid(STEPS_BUFFER_GPA(0) + i * PAGE_SIZE);
	expect(tpm_startup(own_buffer(), 0), TPM_RC_SUCCESS, "Startup(CLEAR)");
	test_found();
	test_short();
	test_long();
	test_wrong();
	test_given_up();
	test_two_in_steps();
	if (cpu_count > 1 && cpu_start(1)) {
		test_other_cpu();
		expect_true(cpu_stop(1), "the other CPU ends");
	} else {
		report_skip("other CPUs: there is one");
	}
	begin_long(own_buffer()); // and never finished: nobody else is to mind
}
