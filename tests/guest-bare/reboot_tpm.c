// SPDX-License-Identifier: MIT
// What a reboot is to the TPM, a cold reset; and that nothing else a guest can do resets a PCR.
// Source: TPM 2.0 library, part 1, sections 12.2 (power states) and 36 (NV memory), and part 3.
#include "tests/guest-bare/boots.h"
#include "tests/guest-bare/tpm.h"

#include "lib/string.h"

#define BUFFER		  FRESH(24)
#define MEASURED	  7 // the PCR that is watched
#define PCRS		  24
#define TPM_CC_NV_DEFINE  0x12a
#define TPM_CC_NV_WRITE	  0x137
#define TPM_CC_SELF_TEST  0x143
#define TPM_CC_NV_READ	  0x14e
#define TPM_CC_READ_CLOCK 0x181
#define TPM_CC_CLEAR	  0x126
#define TPM_RC_INITIALIZE 0x100
#define TPM_SU_STATE	  1
#define TPM_RH_LOCKOUT	  0x4000000a
#define NV_INDEX	  0x01500001
#define NV_ATTRIBUTES	  0x02060006 // no dictionary attack; owner and own password read and write
#define NV_VALUE	  0x51deca7e

#define LAST		  4

static void put_header(uint32_t tag, uint32_t command, const uint8_t *end)
{
	command_put(BUFFER, tag, command, end);
}

static uint32_t shutdown(uint16_t type)
{
	put_header(TPM_ST_NO_SESSIONS, TPM_CC_SHUTDOWN, put16(body(BUFFER), type));
	return command_run(BUFFER);
}

// time, clock, reset count, restart count
static uint32_t reset_count(void)
{
	put_header(TPM_ST_NO_SESSIONS, TPM_CC_READ_CLOCK, body(BUFFER));
	return command_run(BUFFER) ? 0 : get32(response_data(BUFFER) + TPM_HEADER_SIZE + 16);
}

// TPM2B_NV_PUBLIC: index, hash, attributes, policy, size of the data
static uint32_t nv_define(void)
{
	uint8_t *p = put16(put_password(put32(body(BUFFER), TPM_RH_OWNER)), 0);

	p = put16(put32(put16(p, 14), NV_INDEX), TPM_ALG_SHA256);
	p = put16(put16(put32(p, NV_ATTRIBUTES), 0), 4);
	put_header(TPM_ST_SESSIONS, TPM_CC_NV_DEFINE, p);
	return command_run(BUFFER);
}

static uint32_t nv_write(void)
{
	uint8_t *p = put_password(put32(put32(body(BUFFER), TPM_RH_OWNER), NV_INDEX));

	put_header(TPM_ST_SESSIONS, TPM_CC_NV_WRITE, put16(put32(put16(p, 4), NV_VALUE), 0));
	return command_run(BUFFER);
}

// 0: refused. In the response: size of the parameters, size of the data
static uint32_t nv_read(void)
{
	uint8_t *p = put_password(put32(put32(body(BUFFER), TPM_RH_OWNER), NV_INDEX));

	put_header(TPM_ST_SESSIONS, TPM_CC_NV_READ, put16(put16(p, 4), 0));
	return command_run(BUFFER) ? 0 : get32(response_data(BUFFER) + TPM_HEADER_SIZE + 4 + 2);
}

// PC Client platform profile, section 4.6: PCRs 17 to 22 start as ones, the others as zeros.
static bool pcrs_at_start(void)
{
	uint8_t value[PCR_SIZE], want[PCR_SIZE];

	for (uint32_t pcr = 0; pcr < PCRS; pcr++) {
		memset(want, pcr >= 17 && pcr <= 22 ? 0xff : 0, sizeof(want));
		if (!pcr_read(BUFFER, pcr, value) || memcmp(value, want, sizeof(want)) != 0)
			return false;
	}
	return true;
}

// --- what might reset a PCR

static void platform_command(uint32_t number, uint8_t locality)
{
	struct vtpm_request *request = buffer_at(BUFFER);

	put_header(TPM_ST_NO_SESSIONS, TPM_CC_STARTUP, put16(body(BUFFER), TPM_SU_CLEAR));
	request->platform_command = number;
	request->locality = locality;
	vtpm_call(SVSM_VTPM_CMD, BUFFER);
}

static void try_resets(void)
{
	for (uint32_t pcr = 0; pcr < PCRS; pcr++)
		pcr_reset(BUFFER, pcr);
}

static void try_startup(void)
{
	tpm_startup(BUFFER, TPM_SU_CLEAR);
	tpm_startup(BUFFER, TPM_SU_STATE);
}

static void try_shutdown_clear(void)
{
	shutdown(TPM_SU_CLEAR);
	try_startup();
}

static void try_shutdown_state(void)
{
	shutdown(TPM_SU_STATE);
	try_startup();
}

static void try_platform_commands(void)
{
	for (uint32_t number = 0; number < 64; number++)
		for (uint8_t locality = 0; locality < 5; locality++)
			platform_command(number, locality);
}

static void try_calls(void)
{
	for (uint32_t number = 0; number < 64; number++)
		if (number != SVSM_VTPM_CMD)
			vtpm_call(number, BUFFER);
}

static void try_self_test(void)
{
	*body(BUFFER) = 1;
	put_header(TPM_ST_NO_SESSIONS, TPM_CC_SELF_TEST, body(BUFFER) + 1);
	command_run(BUFFER);
}

static void try_pcr_allocate(void)
{
	uint8_t *p = put32(put_password(put32(body(BUFFER), TPM_RH_PLATFORM)), 1);

	p = put16(p, TPM_ALG_SHA256);
	*p++ = 3;
	p = put16(p, 0xffff);
	*p++ = 0xff;
	put_header(TPM_ST_SESSIONS, TPM_CC_PCR_ALLOCATE, p);
	command_run(BUFFER);
}

static void try_clear(void)
{
	put_header(
		TPM_ST_SESSIONS, TPM_CC_CLEAR, put_password(put32(body(BUFFER), TPM_RH_LOCKOUT)));
	command_run(BUFFER);
}

static void try_refused_reboot(void)
{
	svsm_core(SVSM_CORE_REBOOT, 1, 0, 0);
	svsm_core(SVSM_CORE_REBOOT, ~0ull, 0, 0);
}

static void try_every_command(void)
{
	for (uint32_t command = 0x11f; command < 0x19a; command++) {
		if (command == TPM_CC_NV_DEFINE || command == TPM_CC_SHUTDOWN)
			continue;
		put_header(TPM_ST_NO_SESSIONS, command, put32(body(BUFFER), MEASURED));
		command_run(BUFFER);
		put_header(TPM_ST_SESSIONS, command, put_password(put32(body(BUFFER), MEASURED)));
		command_run(BUFFER);
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} tries[] = {
	{"PCR_Reset", try_resets},
	{"Startup", try_startup},
	{"Shutdown(CLEAR), Startup", try_shutdown_clear},
	{"Shutdown(STATE), Startup", try_shutdown_state},
	{"platform commands and localities", try_platform_commands},
	{"other calls of the protocol", try_calls},
	{"SelfTest", try_self_test},
	{"PCR_Allocate", try_pcr_allocate},
	{"a reboot that is refused", try_refused_reboot},
	{"every command with and without authorization", try_every_command},
	{"Clear", try_clear},
};

static void test_tries(void)
{
	uint8_t before[PCR_SIZE], after[PCR_SIZE];

	expect(pcr_extend(BUFFER, MEASURED, 0x5a), TPM_RC_SUCCESS, "PCR_Extend");
	expect_true(pcr_read(BUFFER, MEASURED, before), "PCR_Read");
	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		tries[i].run();
		expect_true(
			pcr_read(BUFFER, MEASURED, after) && !memcmp(before, after, sizeof(before)),
			"the PCR is as it was after: %s", tries[i].name);
	}
}

// --- what a reboot does

static void need(bool good, const char *what)
{
	if (!good)
		report_abort("boot %u: %s", boot_number(), what);
}

// The boots end in different ways: without Shutdown, after both kinds, in the middle of nothing.
static void boot_end(void)
{
	static const uint16_t types[LAST] = {0xffff, TPM_SU_STATE, TPM_SU_CLEAR, TPM_SU_STATE};
	uint16_t type = types[boot_number()];

	if (type != 0xffff)
		need(shutdown(type) == TPM_RC_SUCCESS, "TPM2_Shutdown");
	reboot_or_abort();
}

// A boot that another came before
static void boot_check(void)
{
	need(reset_count() == kept(KEPT_A) + boot_number(), "the reset count");
	need(nv_read() == NV_VALUE, "the NV memory");
}

void run_reboot_tpm(void)
{
	uint32_t boot = boot_number();

	need_valid(BUFFER);
	need_valid(BUFFER + PAGE_SIZE);
	need(get_random(BUFFER, 8) == TPM_RC_INITIALIZE, "a command before TPM2_Startup");
	need(tpm_startup(BUFFER, TPM_SU_STATE) != TPM_RC_SUCCESS, "TPM2_Startup(STATE) works");
	need(tpm_startup(BUFFER, TPM_SU_CLEAR) == TPM_RC_SUCCESS, "TPM2_Startup(CLEAR)");
	need(pcrs_at_start(), "PCRs are not at their start values");
	if (boot == 0) {
		keep(KEPT_A, reset_count());
		need(nv_define() == TPM_RC_SUCCESS, "NV_DefineSpace");
		need(nv_write() == TPM_RC_SUCCESS, "NV_Write");
	}
	boot_check();
	for (uint32_t pcr = 0; pcr < PCRS; pcr++)
		pcr_extend(BUFFER, pcr, (uint8_t)(boot + 1));
	if (boot < LAST)
		boot_end();
	expect(boot, LAST, "boots, each with a TPM that was just switched on");
	expect(reset_count() - kept(KEPT_A), LAST, "reset count: up by one each");
	expect(nv_read(), NV_VALUE, "NV memory is kept");
	test_tries();
}

// For an image whose vTPM dies at its first command: after a reboot it lives, up to the next one.
void run_reboot_dead_vtpm(void)
{
	need_valid(BUFFER);
	need_valid(BUFFER + PAGE_SIZE);
	need(vtpm_call(SVSM_VTPM_QUERY, 0) == SVSM_SUCCESS, "the service does not live");
	need(get_random(BUFFER, 16) == TPM_RC_FAILURE, "it has not died");
	need(vtpm_call(SVSM_VTPM_QUERY, 0) == SVSM_ERR_INVALID_REQUEST, "it lives on");
	if (boot_number() < LAST)
		reboot_or_abort();
	expect(boot_number(), LAST, "boots, each with a service that was started afresh");
}
