// SPDX-License-Identifier: MIT
/*
 * A model of the PCRs: both banks, as they were read last. A command changes the one PCR that it
 * names, or none; and a PCR that only a reset of the TPM may clear never has a value for the second
 * time.
 */
#include "tests/guest-bare/fuzz.h"

#include "lib/string.h"

#define PCRS	24
#define EACH	8 // in one response
#define BANKS	2
#define HISTORY 128
// Of the response, behind the header: update counter, number of selections, selection
#define DIGESTS_AT   (TPM_HEADER_SIZE + 4 + 4 + 6 + 4)
#define SELECTION_AT (TPM_HEADER_SIZE + 4 + 4 + 3)

static const struct {
	uint16_t algorithm;
	uint16_t size;
} banks[BANKS] = {{TPM_ALG_SHA256, 32}, {TPM_ALG_SHA384, 48}};

// The first bytes of digests tell them apart.
static uint64_t now[BANKS][PCRS];
static uint64_t history[PCRS][HISTORY]; // of the first bank
static uint32_t history_count[PCRS];
static uint32_t turn; // of looks

// Eight PCRs of one bank
static bool pcrs_read(uint64_t gpa, uint32_t bank, uint32_t first, uint64_t values[EACH])
{
	uint8_t *p = put16(put32(body(gpa), 1), banks[bank].algorithm);
	const uint8_t *response = response_data(gpa);
	uint32_t size = 2u + banks[bank].size;

	*p++ = 3;
	for (uint32_t i = 0; i < 3; i++)
		*p++ = first / EACH == i ? 0xff : 0;
	command_put(gpa, TPM_ST_NO_SESSIONS, TPM_CC_PCR_READ, p);
	if (command_run(gpa) != TPM_RC_SUCCESS || response_size(gpa) != DIGESTS_AT + EACH * size ||
		response[SELECTION_AT + first / EACH] != 0xff)
		return false;
	for (uint32_t i = 0; i < EACH; i++)
		memcpy(&values[i], response + DIGESTS_AT + i * size + 2, sizeof(values[i]));
	return true;
}

static bool was_there(uint32_t pcr, uint64_t value)
{
	uint32_t count = MIN(history_count[pcr], (uint32_t)HISTORY);

	for (uint32_t i = 0; i < count; i++) {
		if (history[pcr][i] == value)
			return true;
	}
	return false;
}

// The first one is what the reset left, and stays.
static void history_add(uint32_t pcr, uint64_t value)
{
	uint32_t n = history_count[pcr]++;

	history[pcr][n < HISTORY ? n : 1 + n % (HISTORY - 1)] = value;
}

static void remember(uint32_t bank, uint32_t pcr, uint64_t value)
{
	now[bank][pcr] = value;
	if (bank == 0)
		history_add(pcr, value);
}

static const char *compare(uint64_t gpa, uint32_t bank, uint32_t first, uint32_t changed, bool back)
{
	uint64_t values[EACH];

	if (!pcrs_read(gpa, bank, first, values))
		return "PCR_Read fails";
	for (uint32_t i = 0; i < EACH; i++) {
		uint32_t pcr = first + i;

		if (values[i] == now[bank][pcr])
			continue;
		if (pcr != changed)
			return "a PCR has changed that no command named";
		if (bank == 0 && !back && was_there(pcr, values[i]))
			return "a PCR has an earlier value";
		remember(bank, pcr, values[i]);
	}
	return NULL;
}

static const char *compare_all(uint64_t gpa, uint32_t changed, bool back)
{
	const char *result = NULL;

	for (uint32_t bank = 0; bank < BANKS && !result; bank++) {
		for (uint32_t first = 0; first < PCRS && !result; first += EACH)
			result = compare(gpa, bank, first, changed, back);
	}
	return result;
}

const char *fuzz_pcrs_start(uint64_t gpa)
{
	uint64_t values[EACH];

	for (uint32_t bank = 0; bank < BANKS; bank++) {
		for (uint32_t first = 0; first < PCRS; first += EACH) {
			if (!pcrs_read(gpa, bank, first, values))
				return "PCR_Read fails";
			for (uint32_t i = 0; i < EACH; i++)
				remember(bank, first + i, values[i]);
		}
	}
	return NULL;
}

const char *fuzz_pcrs_look(uint64_t gpa)
{
	turn = (turn + 1) % (BANKS * PCRS / EACH);
	return compare(gpa, turn % BANKS, turn / BANKS * EACH, PCRS, false);
}

const char *fuzz_pcrs_changed(uint64_t gpa, uint32_t pcr, bool may_go_back)
{
	return compare_all(gpa, pcr, may_go_back);
}
