// SPDX-License-Identifier: MIT
#include "services/vtpm/tpm.h"

#include <libtpms/tpm_error.h>
#include <libtpms/tpm_library.h>
#include <stdlib.h>

#include "abi/vtpm.h"
#include "hw/tpm.h"
#include "lib/secret.h"
#include "services/lib/service.h"
#include "services/vtpm/banks.h"
#include "services/vtpm/ek.h"
#include "services/vtpm/entropy.h"
#include "services/vtpm/own.h"
#include "services/vtpm/storage.h"
#include "services/vtpm/wire.h"

// libtpms's own switch, read before each command. It has no function to set it.
extern int g_inFailureMode;

static bool library_ready;
static bool failed;

void tpm_fail(const char *reason)
{
	if (!failed)
		service_log("failure mode until the guest is rebooted: %s", reason);
	failed = true;
	g_inFailureMode = 1;
}

bool tpm_has_failed(void)
{
	return failed;
}

static TPM_RESULT physical_presence(TPM_BOOL *present, uint32_t tpm)
{
	(void)tpm;
	*present = FALSE;
	return TPM_SUCCESS;
}

static TPM_RESULT locality(TPM_MODIFIER_INDICATOR *number, uint32_t tpm)
{
	(void)tpm;
	*number = 0;
	return TPM_SUCCESS;
}

static bool library_set_up(void)
{
	struct libtpms_callbacks callbacks = {
		.sizeOfStruct = sizeof(callbacks),
		.tpm_nvram_init = storage_init,
		.tpm_nvram_loaddata = storage_load,
		.tpm_nvram_storedata = storage_store,
		.tpm_nvram_deletename = storage_delete,
		.tpm_io_getlocality = locality,
		.tpm_io_getphysicalpresence = physical_presence,
	};

	library_ready =
		TPMLIB_ChooseTPMVersion(TPMLIB_TPM_VERSION_2) == TPM_SUCCESS &&
		TPMLIB_RegisterCallbacks(&callbacks) == TPM_SUCCESS &&
		// What the TPM says of its buffers has to fit the guest's page.
		TPMLIB_SetBufferSize(VTPM_COMMAND_SIZE_MAX, NULL, NULL) == VTPM_COMMAND_SIZE_MAX;
	return library_ready;
}

// In libtpms 0.9 a manufacture that fails can still end in TPM_SUCCESS, with seeds that are zero.
// It fails without entropy, and entropy.c has called tpm_fail() then.
static void power_on(void)
{
	TPM_RESULT result = TPMLIB_MainInit();

	if (result != TPM_SUCCESS)
		tpm_fail("libtpms does not start");
	if (failed)
		tpm_fail("after the start"); // TPMLIB_MainInit() has cleared libtpms's own switch
}

void tpm_power_cycle(void)
{
	if (failed)
		return;
	TPMLIB_Terminate();
	power_on();
}

static bool set_up_new(void)
{
	return own_run_short(TPM_CC_STARTUP, TPM_SU_CLEAR, "TPM2_Startup") && banks_choose() &&
	       ek_create_all() && own_run_short(TPM_CC_SHUTDOWN, TPM_SU_CLEAR, "TPM2_Shutdown");
}

void tpm_start(void)
{
	if (!entropy_set_up()) {
		tpm_fail("no entropy");
		return;
	}
	if (!library_set_up()) {
		tpm_fail("libtpms cannot be set up");
		return;
	}
	power_on();
	if (!failed && !set_up_new())
		tpm_fail("a new TPM cannot be set up");
	// The guest gets a TPM that was just switched on, not the one that was started to make
	// keys.
	tpm_power_cycle();
}

static uint32_t response_failure(uint8_t *response)
{
	static const uint8_t bytes[TPM_HEADER_SIZE] = {
		TPM_ST_NO_SESSIONS >> 8,
		TPM_ST_NO_SESSIONS & 0xff, //
		0,
		0,
		0,
		TPM_HEADER_SIZE, //
		0,
		0,
		TPM_RC_FAILURE >> 8,
		TPM_RC_FAILURE & 0xff,
	};

	memcpy(response, bytes, sizeof(bytes));
	return sizeof(bytes);
}

static bool response_is_good(const uint8_t *response, uint32_t size, uint32_t room)
{
	return response && size >= TPM_HEADER_SIZE && size <= room &&
	       wire_get32(response + TPM_HEADER_SIZE_AT) == size;
}

// Libtpms allocates the buffer once and uses it again.
static uint32_t library_execute(
	uint8_t *command, uint32_t size, unsigned char **response, uint32_t room)
{
	static unsigned char *buffer;
	static uint32_t buffer_size;
	uint32_t answered = 0;

	if (!library_ready ||
		TPMLIB_Process(&buffer, &answered, &buffer_size, command, size) != TPM_SUCCESS ||
		!response_is_good(buffer, answered, room))
		return 0;
	*response = buffer;
	return answered;
}

uint32_t tpm_execute(uint8_t *command, uint32_t size, uint8_t *response, uint32_t room)
{
	unsigned char *answer = NULL;
	bool had_failed = failed;
	uint32_t answered = library_execute(command, size, &answer, room);

	if (answered == 0)
		tpm_fail("libtpms gave no response");
	else if (wire_get32(answer + TPM_HEADER_CODE_AT) == TPM_RC_FAILURE)
		tpm_fail("libtpms found a fault");
	// The command in which the failure came has no result that anybody may use.
	if (answered == 0 || (failed && !had_failed))
		return response_failure(response);
	memcpy(response, answer, answered);
	mem_wipe(answer, answered);
	return answered;
}

// What the guest saved by Shutdown(STATE) is not kept: the next boot could have the PCRs of this
// one back by Startup(STATE), and Startup(CLEAR) would be a restart, which does not count as a
// reset. Before Startup the TPM refuses Shutdown; then the last reset has done it.
void tpm_reset(void)
{
	uint8_t command[] = {
		TPM_ST_NO_SESSIONS >> 8,
		TPM_ST_NO_SESSIONS & 0xff, //
		0,
		0,
		0,
		TPM_HEADER_SIZE + 2, //
		0,
		0,
		TPM_CC_SHUTDOWN >> 8,
		TPM_CC_SHUTDOWN & 0xff, //
		TPM_SU_CLEAR >> 8,
		TPM_SU_CLEAR & 0xff,
	};
	static uint8_t response[VTPM_RESPONSE_SIZE_MAX];

	if (failed)
		return;
	(void)!tpm_execute(command, sizeof(command), response, sizeof(response));
	tpm_power_cycle();
}
