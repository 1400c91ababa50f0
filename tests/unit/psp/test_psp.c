// SPDX-License-Identifier: MIT
// The secure processor of the software machine against OpenSSL: launch digest, guest messages,
// attestation report, derived keys, CPUID policy.
#include "tests/unit/psp/psp.h"

#include <openssl/ec.h>
#include <openssl/sha.h>

static void test_digest(void **state)
{
	static const uint8_t zeros[PAGE_SIZE];
	uint8_t expected[48] = {0}, digest[48];

	(void)state;
	memset(ram[0], 0x5a, PAGE_SIZE);
	memset(ram[1], 0, PAGE_SIZE);
	memset(ram[2], 0x77, PAGE_SIZE);
	memcpy(ram[3], ram[0], PAGE_SIZE);
	assert_int_equal(psp_launch_update(ram_spa(0), 0x1000, SNP_PAGE_NORMAL), PSP_SUCCESS);
	assert_int_equal(psp_launch_update(ram_spa(1), 0x2000, SNP_PAGE_NORMAL), PSP_SUCCESS);
	assert_int_equal(psp_launch_update(ram_spa(2), 0x3000, SNP_PAGE_SECRETS), PSP_SUCCESS);
	assert_int_equal(psp_launch_update(ram_spa(3), SNP_VMSA_GPA, SNP_PAGE_VMSA), PSP_SUCCESS);
	digest_chain(expected, ram[0], SNP_PAGE_NORMAL, 0x1000);
	digest_chain(expected, zeros, SNP_PAGE_NORMAL, 0x2000);
	digest_chain(expected, NULL, SNP_PAGE_SECRETS, 0x3000);
	digest_chain(expected, ram[3], SNP_PAGE_VMSA, SNP_VMSA_GPA);
	psp_launch_digest(digest);
	assert_memory_equal(digest, expected, 48);
	assert_memory_equal(((struct snp_secrets_page *)ram[2])->vmpck, psp_guest.vmpck, 128);
}

static void test_launch_errors(void **state)
{
	(void)state;
	assert_int_equal(psp_launch_start(0x30000), PSP_INVALID_GUEST_STATE);
	assert_int_equal(
		psp_launch_update(ram_spa(0), 0x1001, SNP_PAGE_NORMAL), PSP_INVALID_ADDRESS);
	assert_int_equal(psp_launch_update(ram_spa(0), 0x1000, 9), PSP_INVALID_PARAM);
	assert_int_equal(psp_launch_update(ram_spa(0), 0x1000, SNP_PAGE_ZERO), PSP_SUCCESS);
	assert_int_equal(psp_launch_update(ram_spa(0), 0x2000, SNP_PAGE_ZERO), PSP_INVALID_ADDRESS);
	assert_int_equal(psp_launch_finish(NULL, NULL, false), PSP_SUCCESS);
	assert_int_equal(
		psp_launch_update(ram_spa(1), 0x1000, SNP_PAGE_ZERO), PSP_INVALID_GUEST_STATE);
	psp_guest.state = PSP_GUEST_INIT;
	assert_int_equal(psp_launch_start(0x10000), PSP_INVALID_PARAM);
	assert_int_equal(psp_launch_start(0x30000 | 1 << 8 | 99), PSP_POLICY_FAILURE);
	assert_int_equal(
		psp_launch_start(0x30000 | SNP_POLICY_MEM_AES_256_XTS), PSP_POLICY_FAILURE);
}

static void test_report(void **state)
{
	static uint8_t request[4096], response[4096];
	struct snp_report_request ask = {.report_data = "what the guest wants signed", .vmpl = 2};
	struct snp_report_response *answer = (struct snp_report_response *)(response + 0x60);
	struct snp_message_header *header = (struct snp_message_header *)response;

	(void)state;
	message_make(request, SNP_MSG_REPORT_REQ, 1, 1, &ask, sizeof(ask));
	assert_int_equal(psp_guest_request(request, response), PSP_SUCCESS);
	assert_int_equal(header->sequence, 2);
	assert_int_equal(header->message_type, SNP_MSG_REPORT_RSP);
	assert_int_equal(header->message_size, 0x20 + 1184);
	gcm(response, false);
	assert_int_equal(answer->status, 0);
	assert_int_equal(answer->report_size, 1184);
	assert_int_equal(answer->report.version, 3);
	assert_int_equal(answer->report.vmpl, 2);
	assert_memory_equal(answer->report.report_data, ask.report_data, 64);
	assert_memory_equal(answer->report.measurement, psp_guest.digest, 48);
	assert_memory_equal(answer->report.chip_id, "COPRA EMULATED", 14);
	signature_check(&answer->report);

	// the same request again: a replay
	assert_int_equal(psp_guest_request(request, response), PSP_AEAD_OFLOW);
	// a key of VMPL 3 asks for a report of VMPL 2
	message_make(request, SNP_MSG_REPORT_REQ, 3, 1, &ask, sizeof(ask));
	assert_int_equal(psp_guest_request(request, response), PSP_SUCCESS);
	gcm(response, false);
	assert_int_equal(answer->status, SNP_MSG_INVALID_PARAM);
	assert_int_equal(answer->report_size, 0);
}

static void test_message_errors(void **state)
{
	static uint8_t request[4096], response[4096];
	struct snp_report_request ask = {.vmpl = 0};

	(void)state;
	message_make(request, SNP_MSG_REPORT_REQ, 0, 1, &ask, sizeof(ask));
	request[0x70] ^= 1; // payload
	assert_int_equal(psp_guest_request(request, response), PSP_BAD_MEASUREMENT);
	request[0x70] ^= 1;
	request[0x50] ^= 1; // authenticated, not encrypted
	assert_int_equal(psp_guest_request(request, response), PSP_BAD_MEASUREMENT);
	request[0x50] ^= 1;
	request[0x30] = 2; // algorithm
	assert_int_equal(psp_guest_request(request, response), PSP_INVALID_PARAM);
	message_make(request, 7, 0, 1, &ask, sizeof(ask));
	assert_int_equal(psp_guest_request(request, response), PSP_INVALID_PARAM);
	message_make(request, SNP_MSG_REPORT_REQ, 0, 1, &ask, sizeof(ask) - 1);
	assert_int_equal(psp_guest_request(request, response), PSP_INVALID_PARAM);
	message_make(request, SNP_MSG_REPORT_REQ, 0, 3, &ask, sizeof(ask));
	assert_int_equal(psp_guest_request(request, response), PSP_AEAD_OFLOW);
	psp_guest.sequence[0] = UINT64_MAX - 1;
	assert_int_equal(psp_guest_request(request, response), PSP_AEAD_OFLOW);
}

static void key_get(const struct snp_key_request *ask, uint64_t sequence, uint8_t key[32])
{
	static uint8_t request[4096], response[4096];
	struct snp_key_response *answer = (struct snp_key_response *)(response + 0x60);

	message_make(request, SNP_MSG_KEY_REQ, 0, sequence, ask, sizeof(*ask));
	assert_int_equal(psp_guest_request(request, response), PSP_SUCCESS);
	gcm(response, false);
	assert_int_equal(answer->status, 0);
	memcpy(key, answer->key, 32);
}

static void test_key(void **state)
{
	struct snp_key_request ask = {.guest_field_select = SNP_KEY_FIELD_MEASUREMENT};
	uint8_t a[32], b[32], c[32];

	(void)state;
	key_get(&ask, 1, a);
	key_get(&ask, 3, b);
	assert_memory_equal(a, b, 32);
	psp_guest.digest[0] ^= 1; // another guest
	key_get(&ask, 5, b);
	assert_memory_not_equal(a, b, 32);
	psp_guest.digest[0] ^= 1;
	ask.vmpl = 1;
	key_get(&ask, 7, c);
	assert_memory_not_equal(a, c, 32);
}

static void test_id_block(void **state)
{
	static struct snp_id_block block = {.version = 1, .guest_svn = 7, .policy = 0x30000};
	static struct snp_id_auth auth = {.id_key_algo = 1, .author_key_algo = 1};
	EVP_PKEY *id_key = EVP_EC_gen("P-384"), *author_key = EVP_EC_gen("P-384");
	uint8_t digest[48];

	(void)state;
	psp_launch_digest(block.launch_digest);
	key_store(&auth.id_key, id_key);
	key_store(&auth.author_key, author_key);
	sign(&auth.id_block_signature, author_key, &block, sizeof(block)); // the wrong one
	assert_int_equal(psp_launch_finish(&block, &auth, false), PSP_BAD_SIGNATURE);
	sign(&auth.id_block_signature, id_key, &block, sizeof(block));
	assert_int_equal(psp_launch_finish(&block, &auth, true), PSP_BAD_SIGNATURE);
	sign(&auth.id_key_signature, author_key, &auth.id_key, sizeof(auth.id_key));
	psp_guest.digest[5] ^= 1;
	assert_int_equal(psp_launch_finish(&block, &auth, true), PSP_BAD_MEASUREMENT);
	psp_guest.digest[5] ^= 1;
	psp_guest.policy |= SNP_POLICY_DEBUG;
	assert_int_equal(psp_launch_finish(&block, &auth, true), PSP_POLICY_FAILURE);
	psp_guest.policy = 0x30000;
	assert_int_equal(psp_guest.state, PSP_GUEST_LAUNCH);
	assert_int_equal(psp_launch_finish(&block, &auth, true), PSP_SUCCESS);
	SHA384((const unsigned char *)&auth.author_key, sizeof(auth.author_key), digest);
	assert_memory_equal(psp_guest.author_key_digest, digest, 48);
	assert_int_equal(psp_guest.guest_svn, 7);
	EVP_PKEY_free(id_key);
	EVP_PKEY_free(author_key);
}

static void test_cpuid_message(void **state)
{
	static uint8_t request[4096], response[4096];
	static struct snp_cpuid_page ask = {
		.count = 2, .entry = {{.eax_in = 1, .edx = ~0u}, {.eax_in = 0x40000000, .eax = 5}}};
	uint32_t *answer = (uint32_t *)(response + 0x60);

	(void)state;
	message_make(request, SNP_MSG_CPUID_REQ, 2, 1, &ask, 16 + 2 * 48);
	assert_int_equal(psp_guest_request(request, response), PSP_SUCCESS);
	gcm(response, false);
	assert_int_equal(answer[0], SNP_MSG_INVALID_PARAM); // and corrected
	assert_int_equal(answer[1], 2);
	assert_int_equal(answer[4 + 9], psp_cpuid_silicon(1, 0).edx);
	assert_int_equal(answer[4 + 12 + 6], 5);
	ask.count = 3; // more than the message holds
	message_make(request, SNP_MSG_CPUID_REQ, 2, 3, &ask, 16 + 2 * 48);
	assert_int_equal(psp_guest_request(request, response), PSP_SUCCESS);
	gcm(response, false);
	assert_int_equal(answer[0], SNP_MSG_INVALID_PARAM);
	assert_int_equal(answer[1], 0);
}

static void test_cpuid(void **state)
{
	struct cpuid_regs svm = {.ecx = ~0u, .edx = ~0u};
	struct snp_cpuid_page *page = (struct snp_cpuid_page *)ram[0];

	(void)state;
	assert_false(psp_cpuid_policy(0x80000001, 0, svm).ecx & 1 << 2);
	assert_int_equal(psp_cpuid_policy(0x8000001f, 0, svm).ebx & 0x3f, CBIT_POSITION);
	assert_int_equal(psp_cpuid_silicon(0x80000008, 0).eax & 0xff, GUEST_PHYS_BITS);
	memset(page, 0, sizeof(*page));
	page->count = 1;
	page->entry[0].eax_in = 0x8000001f;
	page->entry[0].eax = ~0u;
	assert_int_equal(psp_launch_update(ram_spa(0), 0x1000, SNP_PAGE_CPUID), PSP_INVALID_PARAM);
	assert_int_equal(page->entry[0].eax, psp_cpuid_silicon(0x8000001f, 0).eax);
	assert_int_equal(psp_launch_update(ram_spa(0), 0x1000, SNP_PAGE_CPUID), PSP_SUCCESS);
	page = (struct snp_cpuid_page *)ram[1];
	memset(page, 0, sizeof(*page));
	page->count = 65;
	assert_int_equal(psp_launch_update(ram_spa(1), 0x2000, SNP_PAGE_CPUID), PSP_INVALID_PARAM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_digest, setup),
		cmocka_unit_test_setup(test_launch_errors, setup),
		cmocka_unit_test_setup(test_report, setup_running),
		cmocka_unit_test_setup(test_message_errors, setup_running),
		cmocka_unit_test_setup(test_key, setup_running),
		cmocka_unit_test_setup(test_id_block, setup),
		cmocka_unit_test_setup(test_cpuid_message, setup_running),
		cmocka_unit_test_setup(test_cpuid, setup),
	};

	return cmocka_run_group_tests_name("psp", tests, NULL, NULL);
}
