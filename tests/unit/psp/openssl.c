// SPDX-License-Identifier: MIT
#include "tests/unit/psp/psp.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

void digest_chain(uint8_t digest[48], const void *page, uint8_t type, uint64_t gpa)
{
	struct snp_page_info info = {.length = 0x70, .page_type = type, .gpa = gpa};

	memcpy(info.digest_cur, digest, 48);
	if (page)
		SHA384(page, PAGE_SIZE, info.contents);
	SHA384((const unsigned char *)&info, sizeof(info), digest);
}

void gcm(uint8_t page[4096], bool encrypt)
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

void message_make(uint8_t page[4096], uint8_t type, uint8_t vmpck, uint64_t sequence,
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

void signature_check(const struct snp_report *report)
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

static void number_store(uint8_t part[72], const BIGNUM *number)
{
	assert_int_equal(BN_bn2lebinpad(number, part, 72), 72);
}

void key_store(struct snp_public_key *out, EVP_PKEY *key)
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

void sign(struct snp_signature *out, EVP_PKEY *key, const void *data, size_t size)
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
