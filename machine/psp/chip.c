// SPDX-License-Identifier: MIT
/*
 * The emulated chip: its identity, its endorsement key (VCEK) and the keys derived for guests.
 *
 * The chip's secret is the text below, for everybody to read. So a report of this machine proves
 * nothing about anything, and that is said in the report: CHIP_ID is a text. In return all runs
 * are runs of one chip: test keys can be pinned, and what a guest seals it can unseal in its next
 * run.
 */
#include <bearssl.h>

#include "lib/fmt.h"
#include "machine/psp/crypto.h"
#include "machine/psp/state.h"

#define P384_SIZE 48

static const char chip_secret[] = "COPRA EMULATED SECURE PROCESSOR: this secret is published";
static const char chip_name[64] = "COPRA EMULATED SEV-SNP, NOT AMD HARDWARE, FOR TESTS ONLY";

void psp_chip_id(uint8_t id[64])
{
	memcpy(id, chip_name, sizeof(chip_name));
}

// As on silicon the endorsement key depends on the chip's secret and the TCB version.
static void vcek_make(br_ec_private_key *key, unsigned char buffer[BR_EC_KBUF_PRIV_MAX_SIZE])
{
	static const char label[] = "VCEK";
	const uint64_t tcb = PSP_TCB;
	br_hmac_drbg_context drbg;

	br_hmac_drbg_init(&drbg, &br_sha384_vtable, chip_secret, sizeof(chip_secret));
	br_hmac_drbg_update(&drbg, label, sizeof(label));
	br_hmac_drbg_update(&drbg, &tcb, sizeof(tcb));
	if (br_ec_keygen(&drbg.vtable, &br_ec_prime_i31, key, buffer, BR_EC_secp384r1) == 0)
		machine_bug("no P-384 key from libbearssl");
}

static bool vcek_public(const br_ec_private_key *key, uint8_t point[1 + 2 * P384_SIZE])
{
	br_ec_public_key public;

	return br_ec_compute_pub(&br_ec_prime_i31, &public, point, key) == 1 + 2 * P384_SIZE;
}

// For who checks reports: uncompressed point, big-endian, as X.509 has it. The same in every run.
static void vcek_log(const uint8_t point[1 + 2 * P384_SIZE])
{
	char text[2 * (1 + 2 * P384_SIZE) + 1];

	for (size_t i = 0; i < 1 + 2 * P384_SIZE; i++)
		fmt_snprintf(text + 2 * i, 3, "%02x", point[i]);
	log_info("secure processor: reports are signed with the emulated VCEK %s", text);
}

void psp_vcek_show(void)
{
	unsigned char key_buffer[BR_EC_KBUF_PRIV_MAX_SIZE];
	uint8_t point[1 + 2 * P384_SIZE] = {0};
	br_ec_private_key key;
	struct psp_crypto save;
	bool good;

	psp_crypto_begin(&save);
	vcek_make(&key, key_buffer);
	good = vcek_public(&key, point);
	psp_crypto_end(&save);
	if (good)
		vcek_log(point);
}

static void number_store(const unsigned char *big_endian, uint8_t part[SNP_ECDSA_PART])
{
	memset(part, 0, SNP_ECDSA_PART);
	for (size_t i = 0; i < P384_SIZE; i++)
		part[i] = big_endian[P384_SIZE - 1 - i];
}

void psp_report_sign(struct snp_report *report)
{
	unsigned char key_buffer[BR_EC_KBUF_PRIV_MAX_SIZE];
	unsigned char raw[2 * P384_SIZE] = {0};
	uint8_t hash[SHA384_SIZE];
	br_ec_private_key key;
	struct psp_crypto save;
	size_t size;

	sha384(report, offsetof(struct snp_report, signature), hash);
	psp_crypto_begin(&save);
	vcek_make(&key, key_buffer);
	size = br_ecdsa_i31_sign_raw(&br_ec_prime_i31, &br_sha384_vtable, hash, &key, raw);
	psp_crypto_end(&save);
	if (size != sizeof(raw))
		machine_bug("libbearssl signs with %lu bytes", (unsigned long)size);
	memset(&report->signature, 0, sizeof(report->signature));
	number_store(raw, report->signature.r);
	number_store(raw + P384_SIZE, report->signature.s);
}

// HKDF with the root as key material; the context names everything that the key depends on.
void psp_key_derive(bool vmrk, const void *context, size_t size, uint8_t key[32])
{
	struct psp_crypto save;
	br_hkdf_context hkdf;

	psp_crypto_begin(&save);
	br_hkdf_init(&hkdf, &br_sha384_vtable, BR_HKDF_NO_SALT, 0);
	if (vmrk)
		br_hkdf_inject(&hkdf, psp_guest.vmrk, sizeof(psp_guest.vmrk));
	else
		br_hkdf_inject(&hkdf, chip_secret, sizeof(chip_secret));
	br_hkdf_flip(&hkdf);
	br_hkdf_produce(&hkdf, context, size, key, 32);
	psp_crypto_end(&save);
}
