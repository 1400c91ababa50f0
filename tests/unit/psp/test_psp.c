// SPDX-License-Identifier: MIT
// The secure processor of the software machine against OpenSSL: launch digest, guest messages,
// attestation report, derived keys, CPUID policy. What the machine would give it is faked below.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

#include "machine/cpu/rmp.h"
#include "machine/psp/state.h"

#define RAM_PAGES 4
static uint8_t ram[RAM_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static bool assigned[RAM_PAGES];
static uint8_t vcek_point[97];

// Fakes. Physical addresses: spa_ptr adds DIRECT_MAP_BASE, so the test takes it away again.
static uint64_t ram_spa(unsigned page)
{
	return (uint64_t)ram[page] - DIRECT_MAP_BASE;
}

static unsigned ram_index(uint64_t spa)
{
	return (unsigned)((spa - ram_spa(0)) / PAGE_SIZE);
}

bool rmp_is_assigned(uint64_t spa)
{
	return assigned[ram_index(spa)];
}

int rmp_firmware_assign(uint64_t spa, uint64_t gpa, bool vmsa)
{
	(void)vmsa;
	assert_true(gpa < CBIT);
	assigned[ram_index(spa)] = true;
	return RMP_SUCCESS;
}

void spin_lock(struct spinlock *lock)
{
	(void)lock;
}

void spin_unlock(struct spinlock *lock)
{
	(void)lock;
}

void machine_bug(const char *fmt, ...)
{
	fail_msg("machine_bug: %s", fmt);
	abort();
}

void machine_end(enum end_code code)
{
	fail_msg("machine_end %d", (int)code);
	abort();
}

// Catches the public key out of the log line that shows it.
void log_line(enum log_level level, const char *fmt, ...)
{
	char text[512];
	const char *key;
	va_list args;

	(void)level;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	key = strstr(text, "VCEK ");
	if (!key)
		return;
	for (size_t i = 0; i < sizeof(vcek_point); i++)
		assert_int_equal(sscanf(key + 5 + 2 * i, "%2hhx", &vcek_point[i]), 1);
}

static int setup(void **state)
{
	(void)state;
	memset(&psp_guest, 0, sizeof(psp_guest));
	memset(assigned, 0, sizeof(assigned));
	psp_init();
	assert_int_equal(psp_launch_start(0x30000), PSP_SUCCESS);
	return 0;
}

static int setup_running(void **state)
{
	setup(state);
	assert_int_equal(psp_launch_finish(NULL, NULL, false), PSP_SUCCESS);
	return 0;
}

static void chain(uint8_t digest[48], const void *page, uint8_t type, uint64_t gpa)
{
	struct snp_page_info info = {.length = 0x70, .page_type = type, .gpa = gpa};

	memcpy(info.digest_cur, digest, 48);
	if (page)
		SHA384(page, PAGE_SIZE, info.contents);
	SHA384((const unsigned char *)&info, sizeof(info), digest);
}

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
	chain(expected, ram[0], SNP_PAGE_NORMAL, 0x1000);
	chain(expected, zeros, SNP_PAGE_NORMAL, 0x2000);
	chain(expected, NULL, SNP_PAGE_SECRETS, 0x3000);
	chain(expected, ram[3], SNP_PAGE_VMSA, SNP_VMSA_GPA);
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

// The guest's side of a message, by OpenSSL
static void gcm(uint8_t page[4096], bool encrypt)
{
	struct snp_message_header *header = (struct snp_message_header *)page;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t iv[12] = {0};
	int size = 0;

	memcpy(iv, &header->sequence, 8);
	assert_int_equal(EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL,
				 psp_guest.vmpck[header->vmpck], iv, encrypt),
		1);
	if (!encrypt)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, header->authtag);
	assert_int_equal(EVP_CipherUpdate(ctx, NULL, &size, page + 0x30, 0x30), 1);
	assert_int_equal(
		EVP_CipherUpdate(ctx, page + 0x60, &size, page + 0x60, header->message_size), 1);
	assert_int_equal(EVP_CipherFinal_ex(ctx, page + 0x60 + size, &size), 1);
	if (encrypt)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, header->authtag);
	EVP_CIPHER_CTX_free(ctx);
}

static void message_make(uint8_t page[4096], uint8_t type, uint8_t vmpck, uint64_t sequence,
	const void *payload, uint16_t size)
{
	struct snp_message_header header = {
		.sequence = sequence,
		.algo = 1,
		.version = 1,
		.size = 0x60,
		.message_type = type,
		.message_version = 1,
		.message_size = size,
		.vmpck = vmpck,
	};

	memset(page, 0, 4096);
	memcpy(page, &header, sizeof(header));
	memcpy(page + sizeof(header), payload, size);
	gcm(page, true);
}

static void signature_check(const struct snp_report *report)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *key_ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	ECDSA_SIG *signature = ECDSA_SIG_new();
	unsigned char *der = NULL;
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;
	int der_size;

	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-384", 0);
	OSSL_PARAM_BLD_push_octet_string(
		build, OSSL_PKEY_PARAM_PUB_KEY, vcek_point, sizeof(vcek_point));
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(key_ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(key_ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	ECDSA_SIG_set0(signature, BN_lebin2bn(report->signature.r, 72, NULL),
		BN_lebin2bn(report->signature.s, 72, NULL));
	der_size = i2d_ECDSA_SIG(signature, &der);
	assert_int_equal(EVP_DigestVerifyInit(md, NULL, EVP_sha384(), NULL, key), 1);
	assert_int_equal(
		EVP_DigestVerify(md, der, (size_t)der_size, (const unsigned char *)report, 0x2a0),
		1);
	OPENSSL_free(der);
	ECDSA_SIG_free(signature);
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(key_ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
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

static void number_store(uint8_t part[72], const BIGNUM *number)
{
	assert_int_equal(BN_bn2lebinpad(number, part, 72), 72);
}

static void key_store(struct snp_public_key *out, EVP_PKEY *key)
{
	BIGNUM *x = NULL, *y = NULL;

	EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x);
	EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y);
	out->curve = SNP_CURVE_P384;
	number_store(out->x, x);
	number_store(out->y, y);
	BN_free(x);
	BN_free(y);
}

static void sign(struct snp_signature *out, EVP_PKEY *key, const void *data, size_t size)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char der[256];
	const unsigned char *at = der;
	size_t der_size = sizeof(der);
	ECDSA_SIG *signature;

	assert_int_equal(EVP_DigestSignInit(md, NULL, EVP_sha384(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(md, der, &der_size, data, size), 1);
	signature = d2i_ECDSA_SIG(NULL, &at, (long)der_size);
	number_store(out->r, ECDSA_SIG_get0_r(signature));
	number_store(out->s, ECDSA_SIG_get0_s(signature));
	ECDSA_SIG_free(signature);
	EVP_MD_CTX_free(md);
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
