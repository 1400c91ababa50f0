// SPDX-License-Identifier: MIT
// The rule that PCRs are reset by a reset of the TPM and by nothing else. Whatever a guest can send
// leaves PCR 0 to 15 as they are.
#include <string.h>

#include "services/vtpm/tpm.h"
#include "tests/services/vtpm_ask.h"

#define PCRS 16

static uint8_t before[PCRS][PCR_SIZE];

static void assert_pcrs_unchanged(void)
{
	uint8_t value[PCR_SIZE];

	for (unsigned int i = 0; i < PCRS; i++) {
		pcr_read(i, value);
		assert_memory_equal(value, before[i], PCR_SIZE);
	}
}

static int start(void **state)
{
	static const uint8_t zeros[PCR_SIZE];

	(void)state;
	tpm_start();
	assert_false(tpm_has_failed());
	assert_int_equal(ask_startup(0), 0);
	for (unsigned int i = 0; i < PCRS; i++) {
		pcr_read(i, before[i]);
		assert_memory_equal(before[i], zeros, PCR_SIZE);
		assert_int_equal(pcr_extend(i, (uint8_t)(i + 1)), 0);
		pcr_read(i, before[i]);
		assert_memory_not_equal(before[i], zeros, PCR_SIZE);
	}
	return 0;
}

#define CLEAR		  0
#define STATE		  1
#define TPM_RC_INITIALIZE 0x100
#define TPM_RC_LOCALITY	  0x907

static uint32_t ask_shutdown(uint8_t type)
{
	const uint8_t command[] = {0x80, 1, 0, 0, 0, 0, 0, 0, 1, 0x45, 0, type};

	return ask(command, sizeof(command), NULL);
}

static void test_startup_again(void **state)
{
	(void)state;
	assert_int_equal(ask_startup(CLEAR), TPM_RC_INITIALIZE);
	assert_int_equal(ask_startup(STATE), TPM_RC_INITIALIZE);
	assert_pcrs_unchanged();
}

static void test_shutdown_and_startup(void **state)
{
	(void)state;
	for (uint8_t down = CLEAR; down <= STATE; down++) {
		for (uint8_t up = CLEAR; up <= STATE; up++) {
			assert_int_equal(ask_shutdown(down), 0);
			assert_int_equal(ask_startup(up), TPM_RC_INITIALIZE);
			assert_pcrs_unchanged();
		}
	}
}

static void test_pcr_reset(void **state)
{
	uint8_t command[] = {0x80, 2, 0, 0, 0, 0, 0, 0, 1, 0x3d, 0, 0, 0, 0, //
		0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0};

	(void)state;
	for (uint8_t pcr = 0; pcr < PCRS; pcr++) {
		command[13] = pcr;
		assert_int_equal(ask(command, sizeof(command), NULL), TPM_RC_LOCALITY);
	}
	assert_pcrs_unchanged();
	// PCR 16 is for debugging, and may be: the command itself works.
	command[13] = 16;
	assert_int_equal(ask(command, sizeof(command), NULL), 0);
}

// One handle that is authorised with an empty password, then parameters.
static uint32_t ask_with(uint32_t code, uint32_t handle, const uint8_t *parameters, size_t size)
{
	uint8_t command[64] = {0x80, 2, 0, 0, 0, 0, 0, 0, (uint8_t)(code >> 8), (uint8_t)code,
		(uint8_t)(handle >> 24), 0, 0, (uint8_t)handle, //
		0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0};

	assert_true(27 + size <= sizeof(command));
	if (size > 0)
		memcpy(command + 27, parameters, size);
	return ask(command, 27 + size, NULL);
}

#define RH_LOCKOUT  0x4000000a
#define RH_PLATFORM 0x4000000c

static void test_clear(void **state)
{
	(void)state;
	assert_int_equal(ask_with(0x126, RH_LOCKOUT, NULL, 0), 0);
	assert_int_equal(ask_with(0x126, RH_PLATFORM, NULL, 0), 0);
	assert_pcrs_unchanged();
}

static void test_new_seeds(void **state)
{
	(void)state;
	assert_int_equal(ask_with(0x124, RH_PLATFORM, NULL, 0), 0); // TPM2_ChangeEPS
	assert_int_equal(ask_with(0x125, RH_PLATFORM, NULL, 0), 0); // TPM2_ChangePPS
	assert_pcrs_unchanged();
}

// Other banks are allowed to be chosen, and come with the next reset.
static void test_allocate(void **state)
{
	static const uint8_t banks[] = {0, 0, 0, 1, 0, 0x0b, 3, 0, 0, 0};

	(void)state;
	assert_int_equal(ask_with(0x12b, RH_PLATFORM, banks, sizeof(banks)), 0);
	assert_pcrs_unchanged();
}

static void test_tests(void **state)
{
	static const uint8_t self_test[] = {0x80, 1, 0, 0, 0, 0, 0, 0, 1, 0x43, 1};

	(void)state;
	assert_int_equal(ask(self_test, sizeof(self_test), NULL), 0);
	assert_pcrs_unchanged();
}

// Every command code there is, without and with the authorisation of the platform. TPM2_PCR_Extend
// and TPM2_PCR_Event name a PCR, which this handle is not; so nothing of this may change one.
static void test_every_command(void **state)
{
	(void)state;
	for (uint32_t code = 0x11f; code <= 0x19f; code++) {
		const uint8_t command[] = {
			0x80, 1, 0, 0, 0, 0, 0, 0, (uint8_t)(code >> 8), (uint8_t)code};

		ask(command, sizeof(command), NULL);
		ask_with(code, RH_PLATFORM, NULL, 0);
		assert_pcrs_unchanged();
	}
	assert_false(tpm_has_failed());
}

// The counter-check: a power cycle, which no guest can ask for, does it.
static void test_power_cycle(void **state)
{
	uint8_t value[PCR_SIZE];

	(void)state;
	tpm_power_cycle();
	assert_int_equal(pcr_extend(0, 1), TPM_RC_INITIALIZE);
	assert_int_equal(ask_startup(CLEAR), 0);
	pcr_read(0, value);
	assert_memory_not_equal(value, before[0], PCR_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_startup_again),
		cmocka_unit_test(test_shutdown_and_startup),
		cmocka_unit_test(test_pcr_reset),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_new_seeds),
		cmocka_unit_test(test_allocate),
		cmocka_unit_test(test_tests),
		cmocka_unit_test(test_every_command),
		// The last one: it does reset them.
		cmocka_unit_test(test_power_cycle),
	};

	return cmocka_run_group_tests_name("PCRs and resets", tests, start, NULL);
}
