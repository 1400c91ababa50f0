// SPDX-License-Identifier: MIT
// The vTPM protocol from the guest's side: what is refused, what only a reset may do, and several
// CPUs at once. Source: document 58019, section 8; TPM 2.0 library, parts 1 and 3.
#include "lib/string.h"
#include "tests/guest-bare/tpm.h"

#define BUFFER_GPA(n)	  (FRESH(24) + (n)*0x2000ull) // two pages for each CPU
#define CALLS_EACH	  50

#define TPM_CC_CLEAR	  0x126
#define TPM_CC_SELF_TEST  0x143
#define TPM_RC_INITIALIZE 0x100
#define TPM_RC_LOCALITY	  0x907

static bool fresh_ready;

static uint64_t own_buffer(void)
{
	return BUFFER_GPA(this_cpu()->index);
}

static uint32_t startup(uint16_t type)
{
	return tpm_startup(own_buffer(), type);
}

static void buffers_make(void)
{
	for (uint64_t i = 0; i < 2ull * cpu_count && !fresh_ready; i++)
		need_valid(BUFFER_GPA(0) + i * PAGE_SIZE);
	fresh_ready = true;
}

static void test_query(void)
{
	struct svsm_call c = {SVSM_CALL(SVSM_PROTOCOL_VTPM, SVSM_VTPM_QUERY), 0, 1, 0, 0};

	expect(svsm_core(SVSM_CORE_QUERY_PROTOCOL, (uint64_t)SVSM_PROTOCOL_VTPM << 32, 0, 0),
		SVSM_SUCCESS, "query of protocol 2 version 0");
	expect(svsm_call(&c), SVSM_SUCCESS, "QUERY");
	expect(c.rcx, BIT(VTPM_SEND_COMMAND) | BIT(VTPM_SEND_IN_STEPS), "its platform commands");
	expect(c.rdx, 0, "its features");
	expect(vtpm_call(2, 0), SVSM_ERR_UNSUPPORTED_CALL, "call 2");
	expect(vtpm_call(0xffffffff, 0), SVSM_ERR_UNSUPPORTED_CALL, "the last call");
}

static void test_addresses(void)
{
	struct bad_page bad[16];
	size_t count = bad_pages(bad, ARRAY_SIZE(bad));

	for (size_t i = 0; i < count; i++)
		expect(vtpm_call(SVSM_VTPM_CMD, bad[i].gpa), SVSM_ERR_INVALID_ADDRESS, "%s",
			bad[i].name);
	expect(vtpm_call(SVSM_VTPM_CMD, ~0ull), SVSM_ERR_INVALID_ADDRESS, "the last byte");
	expect(vtpm_call(SVSM_VTPM_CMD, FRESH(25)), SVSM_ERR_INVALID_ADDRESS,
		"a page that is not validated");
	expect(vtpm_call(SVSM_VTPM_CMD, BUFFER_GPA(cpu_count) - 8), SVSM_ERR_INVALID_ADDRESS,
		"a buffer whose second page is not validated");
}

static void bad_request(const char *what, uint32_t command, uint8_t locality, uint32_t size)
{
	struct vtpm_request *request = buffer_at(own_buffer());

	get_random(own_buffer(), 8);
	command_put(
		own_buffer(), TPM_ST_NO_SESSIONS, TPM_CC_GET_RANDOM, put16(body(own_buffer()), 8));
	request->platform_command = command;
	request->locality = locality;
	request->size = size;
	expect(vtpm_call(SVSM_VTPM_CMD, own_buffer()), SVSM_ERR_INVALID_PARAMETER, "%s", what);
}

static void test_requests(void)
{
	bad_request("platform command 0", 0, 0, 12);
	bad_request("platform command 1, power on", 1, 0, 12);
	bad_request("platform command 17, reset", 17, 0, 12);
	bad_request("platform command 0xffffffff", 0xffffffff, 0, 12);
	bad_request("locality 1", VTPM_SEND_COMMAND, 1, 12);
	bad_request("locality 255", VTPM_SEND_COMMAND, 255, 12);
	bad_request("size 0", VTPM_SEND_COMMAND, 0, 0);
	bad_request("size 9", VTPM_SEND_COMMAND, 0, 9);
	bad_request("size not the header's", VTPM_SEND_COMMAND, 0, 13);
	bad_request("size behind the buffer", VTPM_SEND_COMMAND, 0, 4088);
	bad_request("size 0xffffffff", VTPM_SEND_COMMAND, 0, 0xffffffff);
}

// Wherever the buffer lies, the response is there and nothing around it has changed.
static void test_places(void)
{
	static const uint64_t offsets[] = {0, 1, 4088, 4095};

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		uint64_t gpa = BUFFER_GPA(0) + offsets[i];

		expect(get_random(gpa, 16), TPM_RC_SUCCESS, "a buffer at offset %lu", offsets[i]);
	}
}

static void test_reset_rules(void)
{
	uint8_t before[PCR_SIZE];
	uint8_t after[PCR_SIZE];

	expect(pcr_extend(own_buffer(), 7, 0x5a), TPM_RC_SUCCESS, "PCR_Extend");
	expect_true(pcr_read(own_buffer(), 7, before), "PCR_Read");
	expect(startup(0), TPM_RC_INITIALIZE, "Startup(CLEAR) again");
	expect(startup(1), TPM_RC_INITIALIZE, "Startup(STATE) again");
	for (uint32_t pcr = 0; pcr < 16; pcr++)
		expect(pcr_reset(own_buffer(), pcr), TPM_RC_LOCALITY, "PCR_Reset of PCR %u", pcr);
	uint64_t gpa = own_buffer();

	command_put(gpa, TPM_ST_NO_SESSIONS, TPM_CC_SHUTDOWN, put16(body(gpa), TPM_SU_CLEAR));
	expect(command_run(gpa), TPM_RC_SUCCESS, "Shutdown(CLEAR)");
	expect(startup(0), TPM_RC_INITIALIZE, "Startup after Shutdown");
	expect_true(pcr_read(own_buffer(), 7, after) && !memcmp(before, after, PCR_SIZE),
		"PCR 7 is as it was");
}

static _Atomic uint32_t wrong_answers;

static void job_random(void)
{
	for (unsigned i = 0; i < CALLS_EACH; i++) {
		if (get_random(own_buffer(), 32))
			wrong_answers++;
	}
}

static void test_all_cpus(void)
{
	for (uint32_t i = 1; i < cpu_count; i++)
		expect_true(cpu_start(i), "CPU %u", i);
	for (uint32_t i = 1; i < cpu_count; i++)
		cpu_begin(i, job_random);
	job_random();
	for (uint32_t i = 1; i < cpu_count; i++)
		expect_true(cpu_wait(i, 60000), "CPU %u comes back", i);
	expect(wrong_answers, 0, "wrong answers to %u CPUs", cpu_count);
}

void run_vtpm(void)
{
	buffers_make();
	test_query();
	test_addresses();
	// The firmware's task
	expect(startup(0), TPM_RC_SUCCESS, "Startup(CLEAR)");
	test_requests();
	test_places();
	test_reset_rules();
	test_all_cpus();
}

// For an image whose vTPM is a program that dies at its first command.
void run_dead_vtpm(void)
{
	buffers_make();
	for (unsigned i = 0; i < 3; i++)
		expect(get_random(own_buffer(), 16), TPM_RC_FAILURE, "a command, %u", i);
	expect(startup(0), TPM_RC_FAILURE, "Startup(CLEAR)");
	expect(vtpm_call(SVSM_VTPM_QUERY, 0), SVSM_ERR_INVALID_REQUEST, "QUERY");
	expect(svsm_core(SVSM_CORE_QUERY_PROTOCOL, 1, 0, 0), SVSM_SUCCESS,
		"the core protocol goes on");
}
