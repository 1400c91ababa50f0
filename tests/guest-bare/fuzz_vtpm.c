// SPDX-License-Identifier: MIT
/*
 * Random TPM commands through protocol 2. fw_cfg: opt/copra/commands, opt/copra/seed (decimal
 * numbers). After each one: the SVSM's answer is the one that the request deserves, the response
 * is of good form, no byte beside it has changed, the TPM still answers, and PCRs hold what they
 * may; every few, the core protocol is asked.
 */
#include "tests/guest-bare/fuzz.h"

#include "lib/string.h"

#define COMMANDS_DEFAULT 2000
#define PROGRESS	 500
#define CORE_TURNS	 16
#define ABANDON_ONE_IN	 8     // of those that take long
#define CALL_MS		 60000 // what no command may take

// Pages of the guest: one that nothing may change, three for requests, another one; behind it
// nothing is validated. Its own requests, to see how the TPM is, come from another address.
#define WINDOW		   FRESH(26)
#define WINDOW_PAGES	   5
#define WINDOW_SIZE	   (WINDOW_PAGES * PAGE_SIZE)
#define HEALTH_GPA	   (WINDOW + 8 * PAGE_SIZE)

#define CC_GET_CAPABILITY  0x17a
#define CC_PCR_EVENT	   0x13c
#define CC_PCR_RESET	   0x13d
#define CC_PCR_EXTEND	   0x182
#define CC_EVENT_COMPLETE  0x185
#define CC_START_SESSION   0x176
#define CC_SELF_TEST	   0x143
#define RC_OBJECT_MEMORY   0x902
#define RC_SESSION_MEMORY  0x903
#define RC_SESSION_HANDLES 0x905
#define PCR_DEBUG	   16 // these two can be reset by anybody
#define PCR_APPLICATION	   23
#define TRANSIENT	   0x80
#define SESSIONS_FLUSHED   4
#define CODES		   256
#define CODES_WANTED	   40 // each 2000 commands

static uint8_t shadow[WINDOW_SIZE] __attribute__((aligned(16))); // what the window holds
static struct fuzz_request request;
static const char *wrong; // the first thing that is; nothing goes on after it
static uint64_t answered, refused_tpm, refused_svsm, abandoned;
static bool carried_out[CODES]; // by what ends the code of a command

static uint8_t *window(void)
{
	return private_ptr(WINDOW);
}

static void window_make(void)
{
	for (uint64_t i = 0; i < WINDOW_PAGES; i++)
		need_valid(WINDOW + i * PAGE_SIZE);
	for (uint64_t i = 0; i < 2; i++)
		need_valid(HEALTH_GPA + i * PAGE_SIZE);
	for (uint64_t i = 0; i < WINDOW_SIZE; i++)
		shadow[i] = (uint8_t)(0xa5 ^ i ^ i >> 8);
	memcpy(window(), shadow, WINDOW_SIZE);
}

static bool window_is_right(void)
{
	const uint64_t *a = private_ptr(WINDOW);
	const uint64_t *b = (const uint64_t *)shadow;
	uint64_t differ = 0;

	for (uint64_t i = 0; i < WINDOW_SIZE / 8; i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

static bool is_in_window(uint64_t gpa)
{
	return gpa >= WINDOW + PAGE_SIZE && gpa <= WINDOW + WINDOW_SIZE - 2 * PAGE_SIZE;
}

static uint64_t any_bad_address(void)
{
	struct bad_page bad[16];
	size_t count = bad_pages(bad, ARRAY_SIZE(bad));
	uint64_t offset = fuzz_below(2) ? 0 : fuzz_below(PAGE_SIZE);

	switch (fuzz_below(4)) {
	case 0:
		return WINDOW + WINDOW_SIZE - 1 - fuzz_below(PAGE_SIZE - 1); // ends behind it
	case 1:
		return WINDOW - 1 - fuzz_below(PAGE_SIZE); // begins before it
	default:
		return bad[fuzz_below(count)].gpa + offset;
	}
}

static uint64_t any_address(void)
{
	static const uint64_t places[] = {0, 0, 1, 8, 4088, 4095, PAGE_SIZE, 2 * PAGE_SIZE};
	uint64_t which = fuzz_below(ARRAY_SIZE(places) + 3);

	if (which == 0 && fuzz_below(2))
		return any_bad_address();
	if (which < ARRAY_SIZE(places))
		return WINDOW + PAGE_SIZE + places[which];
	return WINDOW + PAGE_SIZE + fuzz_below(2 * PAGE_SIZE + 1);
}

static void request_write(uint64_t gpa)
{
	struct vtpm_request *out = (struct vtpm_request *)(shadow + (gpa - WINDOW));

	out->platform_command = request.platform_command;
	out->locality = request.locality;
	out->size = request.size;
	memcpy(out->data, request.command.data, request.command.size);
	memcpy(private_ptr(gpa), out, offsetof(struct vtpm_request, data) + request.command.size);
}

// By document 58019, section 8, from what lies in memory
static uint64_t code_deserved(uint64_t gpa)
{
	if (request.call == SVSM_VTPM_QUERY)
		return SVSM_SUCCESS;
	if (request.call != SVSM_VTPM_CMD)
		return SVSM_ERR_UNSUPPORTED_CALL;
	if (!is_in_window(gpa))
		return SVSM_ERR_INVALID_ADDRESS;
	const struct vtpm_request *in = (const struct vtpm_request *)(shadow + (gpa - WINDOW));

	if (in->platform_command != VTPM_SEND_COMMAND || in->locality != 0 ||
		in->size < TPM_HEADER_SIZE || in->size > VTPM_COMMAND_SIZE_MAX ||
		get32(in->data + TPM_HEADER_SIZE_AT) != in->size)
		return SVSM_ERR_INVALID_PARAMETER;
	return SVSM_SUCCESS;
}

// The answer; INCOMPLETE: the guest did not come back for it.
static uint64_t request_send(uint64_t gpa)
{
	uint64_t start = rdtsc();
	bool abandon = fuzz_below(ABANDON_ONE_IN) == 0;

	for (;;) {
		struct svsm_call c = {
			SVSM_CALL(SVSM_PROTOCOL_VTPM, request.call), gpa, fuzz_below(2), 0, 0};
		uint64_t code = svsm_call(&c);

		if (code == SVSM_ERR_INCOMPLETE && abandon)
			return code;
		if (code != SVSM_ERR_INCOMPLETE && code != SVSM_ERR_BUSY)
			return code;
		if (rdtsc() - start > CALL_MS * TSC_PER_MS) {
			wrong = "the command does not end";
			return code;
		}
	}
}

static uint32_t command_code(void)
{
	return get32(request.command.data + TPM_HEADER_CODE_AT);
}

static void handle_note(uint32_t code, const uint8_t *response)
{
	uint32_t handle = get32(response + TPM_HEADER_SIZE);

	if (code == CC_START_SESSION)
		fuzz_session = handle;
	else if (handle >> 24 == TRANSIENT)
		fuzz_object = handle;
}

// Takes the response over into the shadow. The TPM's code.
static uint32_t response_take(uint64_t gpa)
{
	const struct vtpm_response *response = private_ptr(gpa);
	uint32_t size = response_size(gpa);

	if (size < TPM_HEADER_SIZE || size > VTPM_COMMAND_SIZE_MAX ||
		get32(response->data + TPM_HEADER_SIZE_AT) != size) {
		wrong = "the response's size";
		return UINT32_MAX;
	}
	memcpy(shadow + (gpa - WINDOW), response, offsetof(struct vtpm_response, data) + size);
	uint32_t code = get32(response->data + TPM_HEADER_CODE_AT);

	if (code == TPM_RC_SUCCESS && size >= TPM_HEADER_SIZE + 4)
		handle_note(command_code(), response->data);
	if (code == TPM_RC_FAILURE)
		wrong = "the TPM is in failure mode";
	if (code == TPM_RC_SUCCESS)
		carried_out[command_code() % CODES] = true;
	answered += code == TPM_RC_SUCCESS;
	refused_tpm += code != TPM_RC_SUCCESS;
	return code;
}

static void flush(uint32_t handle)
{
	command_put(HEALTH_GPA, TPM_ST_NO_SESSIONS, TPM_CC_FLUSH_CONTEXT,
		put32(body(HEALTH_GPA), handle));
	(void)command_run(HEALTH_GPA);
}

// Room for others
static void flush_all(void)
{
	for (uint32_t i = 0; i < SESSIONS_FLUSHED; i++) {
		flush(0x80000000 + i);
		flush(0x02000000 + (uint32_t)fuzz_below(64));
		flush((fuzz_session & 0xff000000) + (uint32_t)fuzz_below(64));
	}
	flush(fuzz_session);
}

static uint32_t capability(void)
{
	uint8_t *p = put32(body(HEALTH_GPA), 6); // TPM_CAP_TPM_PROPERTIES

	command_put(HEALTH_GPA, TPM_ST_NO_SESSIONS, CC_GET_CAPABILITY, put32(put32(p, 0x100), 1));
	return command_run(HEALTH_GPA);
}

static void health_check(uint64_t turn)
{
	uint32_t code = turn % 2 ? capability() : get_random(HEALTH_GPA, 8);

	if (code != TPM_RC_SUCCESS && !wrong)
		wrong = turn % 2 ? "GetCapability fails" : "GetRandom fails";
	if (turn % CORE_TURNS == 0 && !wrong &&
		svsm_core(SVSM_CORE_QUERY_PROTOCOL, 1, 0, 0) != SVSM_SUCCESS)
		wrong = "the core protocol does not answer";
}

// done: the TPM may have carried it out.
static void pcrs_check(bool done)
{
	uint32_t code = command_code();
	uint32_t pcr = get32(request.command.data + TPM_HEADER_SIZE);
	bool names = code == CC_PCR_EVENT || code == CC_PCR_EXTEND || code == CC_PCR_RESET ||
		     code == CC_EVENT_COMPLETE;
	const char *why = done && names ? fuzz_pcrs_changed(HEALTH_GPA, pcr,
						  pcr == PCR_DEBUG || pcr == PCR_APPLICATION)
					: fuzz_pcrs_look(HEALTH_GPA);

	if (!wrong)
		wrong = why;
}

static void one_command(uint64_t turn)
{
	uint64_t gpa = any_address();
	uint32_t result = UINT32_MAX;

	fuzz_request_make(&request);
	if (is_in_window(gpa))
		request_write(gpa);
	uint64_t deserved = code_deserved(gpa);
	uint64_t code = request_send(gpa);

	abandoned += code == SVSM_ERR_INCOMPLETE;
	refused_svsm += code != SVSM_ERR_INCOMPLETE && code != SVSM_SUCCESS;
	if (!wrong && code != deserved &&
		!(code == SVSM_ERR_INCOMPLETE && deserved == SVSM_SUCCESS))
		wrong = "the SVSM's answer";
	if (!wrong && code == SVSM_SUCCESS && request.call == SVSM_VTPM_CMD)
		result = response_take(gpa);
	if (!wrong && !window_is_right())
		wrong = "memory beside the response has changed";
	if (!wrong)
		health_check(turn);
	if (!wrong)
		pcrs_check(result == TPM_RC_SUCCESS || code == SVSM_ERR_INCOMPLETE);
	if (result == RC_OBJECT_MEMORY || result == RC_SESSION_MEMORY ||
		result == RC_SESSION_HANDLES)
		flush_all();
	if (wrong)
		report_note("RCX 0x%lx: answer 0x%lx, where 0x%lx is right; TPM's 0x%x", gpa, code,
			deserved, result);
}

// What was sent, to be tried elsewhere
static void request_show(uint64_t number)
{
	const struct fuzz_command *c = &request.command;

	report_note(
		"command %lu: %s. Call %u, platform command %u, locality %u, size %u, %u bytes:",
		number, wrong, request.call, request.platform_command, request.locality,
		request.size, c->size);
	for (uint32_t i = 0; i < c->size; i += 32) {
		print("#  ");
		for (uint32_t j = i; j < MIN(i + 32, c->size); j++)
			print(" %02x", c->data[j]);
		print("\n");
	}
}

static uint32_t codes_count(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < CODES; i++)
		count += carried_out[i];
	return count;
}

static void progress(uint64_t number)
{
	report_note("%lu commands: %lu carried out (of %u kinds), %lu refused by the TPM, %lu by "
		    "the SVSM, %lu "
		    "left alone",
		number, answered, codes_count(), refused_tpm, refused_svsm, abandoned);
}

static uint32_t self_test(void)
{
	uint8_t *p = body(HEALTH_GPA);

	*p++ = 1; // all of it
	command_put(HEALTH_GPA, TPM_ST_NO_SESSIONS, CC_SELF_TEST, p);
	return command_run(HEALTH_GPA);
}

void run_fuzz_vtpm(void)
{
	uint64_t seed = parameter("opt/copra/seed", rdtsc());
	uint64_t commands = parameter("opt/copra/commands", COMMANDS_DEFAULT);
	uint64_t done = 0;

	report_note("%lu commands, seed %lu", commands, seed);
	fuzz_random_start(seed);
	window_make();
	expect(tpm_startup(HEALTH_GPA, TPM_SU_CLEAR), TPM_RC_SUCCESS, "Startup(CLEAR)");
	wrong = fuzz_pcrs_start(HEALTH_GPA);
	while (done < commands && !wrong) {
		one_command(done++);
		if (done % PROGRESS == 0 || done == commands)
			progress(done);
	}
	if (wrong)
		request_show(done);
	expect_true(!wrong, "%lu commands, seed %lu", commands, seed);
	expect(self_test(), TPM_RC_SUCCESS, "the TPM's full self-test");
	expect_true(answered > commands / 16 && refused_tpm > commands / 16 &&
			    refused_svsm > commands / 64,
		"some of the commands were carried out, some refused by TPM and SVSM");
	expect(svsm_core(SVSM_CORE_QUERY_PROTOCOL, 1, 0, 0), SVSM_SUCCESS, "the core protocol");
}
