// SPDX-License-Identifier: MIT
// Messages to the secure processor: reports, keys, and what it refuses. Source: document 56860,
// sections 7.2 and 7.3. The launch digest is printed, for the script to compare with the tool's.
#include "lib/fmt.h"
#include "lib/string.h"
#include "tests/conformance/message.h"

#define POLICY 0x30000

static struct message message;

static void message_begin(uint8_t vmpck, uint8_t type, uint16_t size)
{
	memset(&message, 0, sizeof(message));
	message.vmpck = vmpck;
	message.type = type;
	message.sequence = message_sequence[vmpck] + 1;
	message.size = size;
}

static void report_begin(uint8_t vmpck, uint32_t vmpl)
{
	struct snp_report_request *request = (struct snp_report_request *)message.payload;

	message_begin(vmpck, SNP_MSG_REPORT_REQ, sizeof(*request));
	memset(request->report_data, 0x5a, sizeof(request->report_data));
	request->vmpl = vmpl;
}

static void test_report(void)
{
	const struct snp_report_response *response =
		(const struct snp_report_response *)message.payload;
	const struct snp_report *report = &response->report;
	char text[2 * sizeof(report->measurement) + 1];
	uint8_t data[sizeof(report->report_data)];

	report_begin(0, 0);
	memset(data, 0x5a, sizeof(data));
	expect(message_send(&message), 0, "report: message is answered");
	expect(response->status, SNP_MSG_SUCCESS, "report: status");
	expect(response->report_size, sizeof(*report), "report: size");
	expect(report->version, SNP_REPORT_VERSION, "report: version");
	expect(report->vmpl, 0, "report: VMPL");
	expect(report->policy, POLICY, "report: policy");
	expect(report->signature_algo, SNP_ALGO_ECDSA_P384_SHA384, "report: signature algorithm");
	expect(memcmp(report->report_data, data, sizeof(data)), 0, "report: data of the request");
	for (unsigned i = 0; i < sizeof(report->measurement); i++)
		fmt_snprintf(text + 2 * i, 3, "%02x", report->measurement[i]);
	report_note("measurement %s", text);
}

static uint64_t report_status(uint8_t vmpck, uint32_t vmpl)
{
	report_begin(vmpck, vmpl);
	if (message_send(&message))
		return ~0ull;
	return ((const struct snp_report_response *)message.payload)->status;
}

static void test_levels(void)
{
	expect(report_status(2, 2), SNP_MSG_SUCCESS, "report of VMPL2 with VMPCK2");
	expect(report_status(2, 3), SNP_MSG_SUCCESS, "report of VMPL3 with VMPCK2");
	expect(report_status(2, 1), SNP_MSG_INVALID_PARAM, "report of VMPL1 with VMPCK2");
	expect(report_status(0, 4), SNP_MSG_INVALID_PARAM, "report of VMPL4");
}

static void test_refused(void)
{
	report_begin(1, 1);
	expect(message_send(&message), 0, "first message with VMPCK1");
	report_begin(1, 1);
	message.sequence--;
	expect_true(message_send(&message) != 0, "its number again is refused");
	report_begin(1, 1);
	message.sequence++;
	expect_true(message_send(&message) != 0, "a number too high is refused");
	report_begin(1, 1);
	message.damaged = true;
	expect_true(message_send(&message) != 0, "a message that was changed is refused");
	report_begin(1, 1);
	message.size--;
	expect_true(message_send(&message) != 0, "a request of the wrong size is refused");
	message_begin(1, 77, 32);
	expect_true(message_send(&message) != 0, "an unknown type is refused");
	report_begin(1, 1);
	message.claim = VMPL_COUNT;
	expect_true(message_send(&message) != 0, "VMPCK4 is refused");
	report_begin(1, 1);
	expect(message_send(&message), 0, "and after all that the next message is answered");
}

// True: a key came, and is in *key.
static bool key_get(uint64_t fields, uint8_t key[32])
{
	struct snp_key_request *request = (struct snp_key_request *)message.payload;
	const struct snp_key_response *response = (const struct snp_key_response *)message.payload;

	message_begin(0, SNP_MSG_KEY_REQ, sizeof(*request));
	request->guest_field_select = fields;
	if (message_send(&message) || response->status)
		return false;
	memcpy(key, response->key, 32);
	return true;
}

static void test_keys(void)
{
	uint8_t first[32], second[32];

	expect_true(key_get(0, first), "derived key");
	expect_true(key_get(0, second), "derived key again");
	expect(memcmp(first, second, sizeof(first)), 0, "is the same");
	expect_true(key_get(SNP_KEY_FIELD_MEASUREMENT, second), "key with the launch digest");
	expect_true(memcmp(first, second, sizeof(first)) != 0, "is another");
}

void test_attest(void)
{
	message_init();
	test_report();
	test_levels();
	test_refused();
	test_keys();
}
