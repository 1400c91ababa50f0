// SPDX-License-Identifier: MIT
/*
 * Messages to the emulated secure processor: any page at all, and messages sealed with the right
 * key, so that what lies behind the authentication is reached. Of the chip only signing and
 * deriving are played here.
 */
#include <string.h>

#include "machine/cpu/rmp.h"
#include "machine/psp/state.h"
#include "tests/fuzz/machine.h"

#define STEPS_MAX 8

static struct input input;
static _Alignas(4096) uint8_t request[4096];
static _Alignas(4096) uint8_t response[4096];
static unsigned int signatures;

void psp_random(void *buffer, size_t size)
{
	memset(buffer, 0x3c, size);
}

void psp_report_sign(struct snp_report *report)
{
	FUZZ_CHECK(report->version == SNP_REPORT_VERSION && report->vmpl < VMPL_COUNT);
	signatures++;
}

void psp_vcek_show(void)
{
}

void psp_chip_id(uint8_t id[64])
{
	memset(id, 0x11, 64);
}

void psp_key_derive(bool vmrk, const void *context, size_t size, uint8_t key[32])
{
	FUZZ_CHECK(context != NULL && size > 0);
	memset(key, vmrk ? 0x22 : 0x33, 32);
}

int psp_id_block_check(struct psp_guest *guest, const struct snp_id_block *block,
	const struct snp_id_auth *auth, bool author_key)
{
	(void)guest, (void)block, (void)auth, (void)author_key;
	return PSP_BAD_SIGNATURE;
}

bool rmp_is_assigned(uint64_t spa)
{
	(void)spa;
	return false;
}

int rmp_firmware_assign(uint64_t spa, uint64_t gpa, bool vmsa)
{
	(void)spa, (void)gpa, (void)vmsa;
	return RMP_SUCCESS;
}

struct cpuid_regs cpuid(uint32_t leaf, uint32_t sub)
{
	if ((leaf & 0xffff) == 0)
		return (struct cpuid_regs){leaf | 0x1f, 0, 0, 0};
	return (struct cpuid_regs){leaf * 0x01010101u ^ sub, 0x0f0f0f0f, 0x00ffff00, leaf};
}

// psp_message_seal makes answers: type and number one above those of what is answered.
static void seal(struct snp_message_header *header)
{
	static const uint8_t types[] = {SNP_MSG_CPUID_REQ, SNP_MSG_KEY_REQ, SNP_MSG_REPORT_REQ};
	static const uint16_t sizes[] = {16 + sizeof(struct snp_cpuid_entry),
		sizeof(struct snp_key_request), sizeof(struct snp_report_request)};
	uint64_t what = input_take(&input, 1);
	size_t size = sizes[what % 3];

	header->vmpck = (uint8_t)(what >> 2 & 3);
	header->message_type = (uint8_t)(types[what % 3] - 1);
	header->message_version = (what & 0xf0) != 0xf0;
	if ((what & 0xe0) == 0xc0)
		size = input_take(&input, 2) % (SNP_MESSAGE_PAYLOAD_MAX + 1);
	if ((what & 0xe0) == 0xa0)
		header->message_type = (uint8_t)input_take(&input, 1);
	header->sequence = psp_guest.sequence[header->vmpck];
	memset(request, 0, sizeof(request));
	input_fill(&input, request + sizeof(*header), size);
	psp_message_seal(&psp_guest, header, (uint16_t)size, request);
}

// Any page, or a sealed one of which some bytes are changed.
static bool take_request(void)
{
	struct snp_message_header header = {0};
	uint64_t what = input_take(&input, 1);

	if (what < 32) {
		input_fill(&input, request, sizeof(request));
		return false;
	}
	seal(&header);
	if (what < 128)
		return true;
	uint64_t at = input_take(&input, 2) % 512;
	uint8_t change = (uint8_t)input_take(&input, 1);

	request[at] ^= change;
	return false;
}

static void check_secrets(void)
{
	for (size_t i = 0; i + SNP_VMPCK_SIZE <= sizeof(response); i++)
		FUZZ_CHECK(memcmp(response + i, psp_guest.vmpck[0], SNP_VMPCK_SIZE) != 0);
}

static void check_refused(const struct psp_guest *before)
{
	static const uint8_t untouched[4096];

	FUZZ_CHECK(memcmp(before, &psp_guest, sizeof(*before)) == 0);
	FUZZ_CHECK(memcmp(response, untouched, sizeof(response)) == 0 && signatures == 0);
}

// The answer can be opened by the guest, and has the next number.
static void check_answered(const struct psp_guest *before)
{
	struct snp_message_header asked;
	struct snp_message_header header;
	static uint8_t payload[SNP_MESSAGE_PAYLOAD_MAX];

	memcpy(&asked, request, sizeof(asked));
	FUZZ_CHECK(psp_guest.sequence[asked.vmpck] == before->sequence[asked.vmpck] + 2);
	if (psp_guest.sequence[asked.vmpck] == UINT64_MAX)
		return; // the last one of all is not opened by this side
	psp_guest.sequence[asked.vmpck]--;
	FUZZ_CHECK(psp_message_open(&psp_guest, response, &header, payload) == PSP_SUCCESS);
	psp_guest.sequence[asked.vmpck]++;
	FUZZ_CHECK(header.vmpck == asked.vmpck && header.message_type == asked.message_type + 1);
	FUZZ_CHECK(memcmp(before->vmpck, psp_guest.vmpck, sizeof(before->vmpck)) == 0);
	if (header.message_type == SNP_MSG_REPORT_RSP) {
		const struct snp_report_response *answer = (const void *)payload;

		FUZZ_CHECK((answer->status == 0) == (signatures == 1));
		// A key speaks for its own level and those below.
		FUZZ_CHECK(answer->status != 0 || answer->report.vmpl >= asked.vmpck);
	}
}

// A request and its answer need two.
static bool has_numbers(const struct psp_guest *guest)
{
	struct snp_message_header header;

	memcpy(&header, request, sizeof(header));
	return UINT64_MAX - guest->sequence[header.vmpck] >= 2;
}

static void run(void *argument)
{
	bool good = take_request();
	struct psp_guest before = psp_guest;

	(void)argument;
	signatures = 0;
	memset(response, 0, sizeof(response));
	int status = psp_guest_request(request, response);

	if (status == PSP_SUCCESS)
		check_answered(&before);
	else
		check_refused(&before);
	if (good && has_numbers(&before))
		FUZZ_CHECK(status == PSP_SUCCESS || status == PSP_INVALID_PARAM);
	else if (good)
		FUZZ_CHECK(status == PSP_AEAD_OFLOW);
	check_secrets();
}

static void start(void *argument)
{
	(void)argument;
	memset(&psp_guest, 0, sizeof(psp_guest));
	psp_init();
	FUZZ_CHECK(psp_launch_start(0x30000) == PSP_SUCCESS);
	FUZZ_CHECK(psp_launch_finish(NULL, NULL, false) == PSP_SUCCESS);
	// Near the end of the numbers, now and then.
	if (input_take(&input, 1) < 16)
		memset(psp_guest.sequence, 0xff, sizeof(psp_guest.sequence));
	for (unsigned int i = 0; i < VMPL_COUNT; i++)
		psp_guest.sequence[i] -= psp_guest.sequence[i] & i;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input = (struct input){data, size};
	FUZZ_CHECK(machine_run(start, NULL) == MACHINE_RETURNED);
	for (int i = 0; i < STEPS_MAX && input.size > 0; i++)
		FUZZ_CHECK(machine_run(run, NULL) == MACHINE_RETURNED);
	return 0;
}
