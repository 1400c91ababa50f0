// SPDX-License-Identifier: MIT
/*
 * Requests to the vTPM: any buffer at all, and TPM commands of good form with any parameters, one
 * after the other, to the real TPM. Each input meets the same one: its state after the manufacture
 * is put back, and random numbers begin anew. libtpms itself is Debian's and not instrumented, so
 * libFuzzer is told which command gave which code.
 */
#include <libtpms/tpm_nvfilename.h>
#include <stdlib.h>
#include <string.h>

#include "abi/vtpm.h"
#include "hw/tpm.h"
#include "services/lib/loop.h"
#include "services/vtpm/command.h"
#include "services/vtpm/storage.h"
#include "services/vtpm/tpm.h"
#include "services/vtpm/wire.h"
#include "tests/fuzz/fuzz.h"

#define STEPS_MAX		   16
#define PCRS			   16
#define CODE_FIRST		   0x11f
#define CODE_COUNT		   0x79

#define CC_PCR_EVENT		   0x13c
#define CC_PCR_EXTEND		   0x182
#define CC_EVENT_SEQUENCE_COMPLETE 0x185

// What libFuzzer takes for covered code: command and response code, without the number of the
// parameter that was wrong.
static uint8_t seen[CODE_COUNT * 256] __attribute__((section("__libfuzzer_extra_counters"), used));

static struct input input;
static uint64_t random_state;
static bool pcrs_extended;
static _Alignas(4096) uint8_t page[SERVICE_BUFFER_MAX];

static const struct service_call calls[] = {
	{SVSM_PROTOCOL_VTPM, SVSM_VTPM_QUERY, vtpm_query},
	{SVSM_PROTOCOL_VTPM, SVSM_VTPM_CMD, vtpm_command},
};
static const struct service vtpm = {.name = "vtpm", .calls = calls, .call_count = 2};

bool service_random(void *buffer, size_t size)
{
	uint8_t *to = buffer;

	for (size_t i = 0; i < size; i++) {
		random_state = random_state * 6364136223846793005u + 1442695040888963407u;
		to[i] = (uint8_t)(random_state >> 56);
	}
	return true;
}

void service_log(const char *format, ...)
{
	(void)format;
}

void service_log_name(const char *name)
{
	(void)name;
}

int service_elsewhere(const struct service *service, int argc, char **argv)
{
	(void)service, (void)argc, (void)argv;
	return 1;
}

// What the TPM kept after its manufacture, again and again.
static void state_restore(void)
{
	static unsigned char *made;
	static uint32_t made_size;
	unsigned char *copy;

	random_state = 1;
	if (!made) {
		tpm_start();
		FUZZ_CHECK(storage_load(&made, &made_size, 0, TPM_PERMANENT_ALL_NAME) == 0);
	}
	copy = malloc(made_size);
	FUZZ_CHECK(copy);
	memcpy(copy, made, made_size);
	FUZZ_CHECK(storage_store(copy, made_size, 0, TPM_PERMANENT_ALL_NAME) == 0);
	free(copy);
	random_state = 2;
	tpm_power_cycle();
	FUZZ_CHECK(!tpm_has_failed());
}

static uint32_t ask(uint32_t protocol, uint32_t call, uint32_t size)
{
	struct service_message message = {
		.protocol = protocol, .call = call, .caller = SERVICE_CALLER_GUEST, .size = size};

	service_dispatch(&vtpm, &message, page);
	FUZZ_CHECK(message.size <= SERVICE_BUFFER_MAX);
	FUZZ_CHECK(message.result == SVSM_SUCCESS || message.size == 0);
	FUZZ_CHECK(
		bytes_is_zero(bytes_make(page + message.size, SERVICE_BUFFER_MAX - message.size)));
	return message.result;
}

// The response is of good form; gives its code.
static uint32_t response_check(void)
{
	const struct vtpm_response *out = (const void *)page;

	FUZZ_CHECK(out->size >= TPM_HEADER_SIZE && out->size <= VTPM_COMMAND_SIZE_MAX);
	FUZZ_CHECK(wire_get32(out->data + TPM_HEADER_SIZE_AT) == out->size);
	FUZZ_CHECK(!tpm_has_failed());
	return wire_get32(out->data + TPM_HEADER_CODE_AT);
}

static bool may_extend(uint32_t code)
{
	return code == CC_PCR_EVENT || code == CC_PCR_EXTEND || code == CC_EVENT_SEQUENCE_COMPLETE;
}

// Sends the command that `w` wrote to the page; gives the response's code.
static uint32_t command_send(struct wire_writer *w)
{
	struct vtpm_request *in = (void *)page;
	uint32_t code;
	uint32_t result;

	FUZZ_CHECK(!w->full);
	in->platform_command = VTPM_SEND_COMMAND;
	in->size = (uint32_t)w->size;
	wire_set32(w->data + TPM_HEADER_SIZE_AT, (uint32_t)w->size);
	code = wire_get32(w->data + TPM_HEADER_CODE_AT);
	FUZZ_CHECK(ask(SVSM_PROTOCOL_VTPM, SVSM_VTPM_CMD, SERVICE_BUFFER_MAX) == SVSM_SUCCESS);
	result = response_check();
	if (result == 0 && may_extend(code))
		pcrs_extended = true;
	if (code >= CODE_FIRST && code < CODE_FIRST + CODE_COUNT)
		seen[(code - CODE_FIRST) * 256 + result % 256] = 1;
	return result;
}

static struct wire_writer command_begin(uint16_t tag, uint32_t code)
{
	struct wire_writer w = {
		.data = ((struct vtpm_request *)page)->data, .room = VTPM_COMMAND_SIZE_MAX};

	memset(page, 0, sizeof(page));
	wire_put16(&w, tag);
	wire_put32(&w, 0);
	wire_put32(&w, code);
	return w;
}

static void put_password(struct wire_writer *w)
{
	wire_put32(w, 9);
	wire_put32(w, TPM_RS_PW);
	wire_put32(w, 0);
	wire_put8(w, 0);
}

static uint32_t pcr_extend(uint32_t pcr)
{
	struct wire_writer w = command_begin(TPM_ST_SESSIONS, CC_PCR_EXTEND);
	const uint8_t digest[32] = {1};

	wire_put32(&w, pcr);
	put_password(&w);
	wire_put32(&w, 1);
	wire_put16(&w, TPM_ALG_SHA256);
	wire_put(&w, digest, sizeof(digest));
	return command_send(&w);
}

// Eight PCRs at a time, as many as a response holds.
static void pcrs_read(uint8_t *values)
{
	for (unsigned int half = 0; half < 2; half++) {
		struct wire_writer w = command_begin(TPM_ST_NO_SESSIONS, 0x17e);

		wire_put32(&w, 1);
		wire_put16(&w, TPM_ALG_SHA256);
		wire_put32(&w, half ? 0x0300ff00 : 0x03ff0000);
		FUZZ_CHECK(command_send(&w) == 0);
		memcpy(values + half * 8 * 34, page + 4 + 28, 8 * 34);
	}
}

static void step_raw(uint64_t kind)
{
	uint32_t size = (uint32_t)input_take(&input, 2) % (SERVICE_BUFFER_MAX + 1);
	uint32_t code;
	uint32_t result;

	memset(page, 0, sizeof(page));
	input_fill(&input, page, size);
	if (kind & 1)
		page[0] = VTPM_SEND_COMMAND;
	code = wire_get32(((struct vtpm_request *)page)->data + TPM_HEADER_CODE_AT);
	result = ask(kind & 2 ? SVSM_PROTOCOL_VTPM : (uint32_t)(kind >> 2),
		kind & 4 ? SVSM_VTPM_CMD : (uint32_t)input_take(&input, 1), size);
	FUZZ_CHECK(!tpm_has_failed());
	if (result == SVSM_SUCCESS && may_extend(code))
		pcrs_extended = true;
}

static void put_handle(struct wire_writer *w)
{
	static const uint32_t handles[] = {TPM_RH_OWNER, TPM_RH_ENDORSEMENT, 0x4000000c, 0x4000000a,
		0x40000007, 0, 7, 16, 0x80000000, 0x80000001, 0x80000002, 0x81010001, 0x8101000a,
		0x81010016, 0x81000001, 0x01500001, 0x01500002, 0x02000000, 0x03000000, 0x03000001};
	uint64_t which = input_take(&input, 1);

	if (which == 255)
		wire_put32(w, (uint32_t)input_take(&input, 4));
	else
		wire_put32(w, handles[which % ARRAY_SIZE(handles)]);
}

static void step_command(uint64_t kind)
{
	uint32_t code = CODE_FIRST + (uint32_t)input_take(&input, 1) % CODE_COUNT;
	struct wire_writer w = command_begin(kind & 1 ? TPM_ST_SESSIONS : TPM_ST_NO_SESSIONS, code);
	uint8_t parameters[1024];
	size_t size;

	for (uint64_t i = 0; i < (kind >> 1) % 4; i++)
		put_handle(&w);
	if (kind & 1)
		put_password(&w);
	size = input_take(&input, kind & 8 ? 2 : 1) % (sizeof(parameters) + 1);
	input_fill(&input, parameters, size);
	wire_put(&w, parameters, size);
	command_send(&w);
}

static void start(void)
{
	struct wire_writer w;

	state_restore();
	w = command_begin(TPM_ST_NO_SESSIONS, TPM_CC_STARTUP);
	wire_put16(&w, TPM_SU_CLEAR);
	FUZZ_CHECK(command_send(&w) == 0);
	for (uint32_t pcr = 0; pcr < PCRS; pcr++)
		FUZZ_CHECK(pcr_extend(pcr) == 0);
	pcrs_extended = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t before[PCRS * 34];
	uint8_t after[PCRS * 34];

	input = (struct input){data, size};
	start();
	pcrs_read(before);
	for (int i = 0; i < STEPS_MAX && input.size > 0; i++) {
		uint64_t kind = input_take(&input, 1);

		if (kind < 16)
			step_raw(kind);
		else
			step_command(kind);
	}
	pcrs_read(after);
	// Nothing but extending changes PCRs, and nothing resets them.
	FUZZ_CHECK(pcrs_extended || memcmp(before, after, sizeof(before)) == 0);
	return 0;
}
