// SPDX-License-Identifier: MIT
// A service that has died is there again after a reboot of the guest, and so are its blobs. Which
// boot this is stands in the blob itself.
#include "lib/string.h"
#include "tests/guest-bare/guest.h"
#include "tests/svsm/programs/probe.h"

#define PROBE	   0xc0000002u
#define BUFFER_GPA FRESH(24)
#define NAME_AT	   0
#define DATA_AT	   64
#define DATA_SIZE  6

static uint64_t ask(uint32_t number, uint64_t *rcx, uint64_t rdx, uint64_t size)
{
	uint64_t code = SVSM_ERR_BUSY;

	while (code == SVSM_ERR_BUSY || code == SVSM_ERR_INCOMPLETE) {
		struct svsm_call c = {SVSM_CALL(PROBE, number), *rcx, rdx, BUFFER_GPA, size};

		code = svsm_call(&c);
		if (code == SVSM_SUCCESS)
			*rcx = c.rcx;
	}
	return code;
}

// The first boot reports no tests, as its count would be lost.
static void need(uint64_t got, uint64_t want, const char *what)
{
	if (got != want)
		report_abort("%s: 0x%lx", what, got);
}

static void put(uint64_t offset, const char *text, uint64_t size)
{
	memcpy(private_ptr(BUFFER_GPA), text, size);
	need(ask(PROBE_PUT, &offset, 0, size), SVSM_SUCCESS, "bytes for the service");
}

// A system call of the service's, on the blob called "boot".
static int64_t blob(uint64_t number)
{
	uint64_t args[6] = {0};
	uint64_t scratch = 0;

	put(NAME_AT, "boot", 5);
	need(ask(PROBE_WHERE, &scratch, 0, 0), SVSM_SUCCESS, "its memory");
	args[1] = scratch + NAME_AT;
	args[2] = scratch + DATA_AT;
	args[3] = DATA_SIZE;
	memcpy(private_ptr(BUFFER_GPA), args, sizeof(args));
	need(ask(PROBE_RAW, &number, 0, sizeof(args)), SVSM_SUCCESS, "its system call");
	return (int64_t)number;
}

static void first_boot(void)
{
	uint64_t status = 1;

	put(DATA_AT, "first", DATA_SIZE);
	need((uint64_t)blob(SERVICE_CALL_BLOB_PUT), 0, "the blob");
	need(ask(PROBE_EXIT, &status, 0, 0), SVSM_ERR_INVALID_REQUEST, "its end");
	need(ask(PROBE_WHERE, &status, 0, 0), SVSM_ERR_INVALID_REQUEST, "after its end");
	report_abort("a reboot: 0x%lx", svsm_core(SVSM_CORE_REBOOT, 0, 0, 0));
}

void run_reborn(void)
{
	uint64_t offset = DATA_AT;

	need_valid(BUFFER_GPA);
	if (blob(SERVICE_CALL_BLOB_GET) < 0)
		first_boot();
	expect_true(true, "the service is there again");
	expect(ask(PROBE_GET, &offset, DATA_SIZE, DATA_SIZE), SVSM_SUCCESS, "its memory");
	expect_true(memcmp(private_ptr(BUFFER_GPA), "first", DATA_SIZE) == 0,
		"it has what it kept before it died");
}
