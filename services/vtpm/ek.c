// SPDX-License-Identifier: MIT
// Templates: TCG EK Credential Profile for TPM Family 2.0, annex B: L-1 (RSA 2048), L-2 (ECC P-256)
// and H-3 (ECC P-384).
#include "services/vtpm/ek.h"

#include "abi/vtpm.h"
#include "hw/tpm.h"
#include "services/vtpm/own.h"

#define ATTRIBUTES_LOW                                                                             \
	(TPM_OBJECT_FIXED_TPM | TPM_OBJECT_FIXED_PARENT | TPM_OBJECT_SENSITIVE_ORIGIN |            \
		TPM_OBJECT_ADMIN_WITH_POLICY | TPM_OBJECT_RESTRICTED | TPM_OBJECT_DECRYPT)
#define ATTRIBUTES_HIGH (ATTRIBUTES_LOW | TPM_OBJECT_USER_WITH_AUTH)

// PolicyA and PolicyB of the profile: TPM2_PolicySecret with the endorsement hierarchy, and that or
// a policy that an NV index holds.
static const uint8_t policy_a_sha256[] = {
	0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7,
	0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14,
	0x69, 0xaa, //
};
static const uint8_t policy_b_sha384[] = {
	0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a, 0x50, 0xbc, 0x53, 0xd8, 0x82, 0xbc, 0xf5, 0xfd, 0x3a,
	0x1a, 0x07, 0x41, 0x48, 0xbb, 0x35, 0xd3, 0xb4, 0xe4, 0xcb, 0x1c, 0x0a, 0xd9, 0xbd, 0xe4,
	0x19, 0xca, 0xcb, 0x47, 0xba, 0x09, 0x69, 0x96, 0x46, 0x15, 0x0f, 0x9f, 0xc0, 0x00, 0xf3,
	0xf8, 0x0e, 0x12, //
};

struct ek_template {
	uint32_t handle;
	uint16_t type;
	uint16_t hash;
	uint32_t attributes;
	struct bytes policy;
	uint16_t aes_bits;
	uint16_t size_or_curve; // RSA: bits of the modulus
	uint16_t unique_size;	// of the template's unique field, or each half of it: zeros
};

static const struct ek_template templates[] = {
	{EK_HANDLE_RSA_2048, TPM_ALG_RSA, TPM_ALG_SHA256, ATTRIBUTES_LOW,
		{policy_a_sha256, sizeof(policy_a_sha256)}, 128, 2048, 256},
	{EK_HANDLE_ECC_P256, TPM_ALG_ECC, TPM_ALG_SHA256, ATTRIBUTES_LOW,
		{policy_a_sha256, sizeof(policy_a_sha256)}, 128, TPM_ECC_NIST_P256, 32},
	{EK_HANDLE_ECC_P384, TPM_ALG_ECC, TPM_ALG_SHA384, ATTRIBUTES_HIGH,
		{policy_b_sha384, sizeof(policy_b_sha384)}, 256, TPM_ECC_NIST_P384, 0},
};

static void put_zeros(struct wire_writer *w, uint16_t size)
{
	wire_put16(w, size);
	for (uint16_t i = 0; i < size; i++) {
		wire_put8(w, 0);
	}
}

// TPMT_PUBLIC
static void put_template(struct wire_writer *w, const struct ek_template *template)
{
	wire_put16(w, template->type);
	wire_put16(w, template->hash);
	wire_put32(w, template->attributes);
	wire_put16(w, (uint16_t) template->policy.size);
	wire_put(w, template->policy.data, template->policy.size);
	wire_put16(w, TPM_ALG_AES);
	wire_put16(w, template->aes_bits);
	wire_put16(w, TPM_ALG_CFB);
	wire_put16(w, TPM_ALG_NULL); // scheme
	wire_put16(w, template->size_or_curve);
	if (template->type == TPM_ALG_RSA) {
		wire_put32(w, 0); // exponent: 65537
	} else {
		wire_put16(w, TPM_ALG_NULL); // key derivation
		put_zeros(w, template->unique_size);
	}
	put_zeros(w, template->unique_size);
}

static bool create(const struct ek_template *template, uint32_t *handle)
{
	static uint8_t buffer[VTPM_RESPONSE_SIZE_MAX];
	uint8_t public[512];
	struct wire_writer p = {.data = public, .room = sizeof(public)};
	struct wire_writer w =
		own_begin(buffer, sizeof(buffer), TPM_ST_SESSIONS, TPM_CC_CREATE_PRIMARY);

	put_template(&p, template);
	wire_put32(&w, TPM_RH_ENDORSEMENT);
	own_no_password(&w);
	wire_put16(&w, 4); // sensitive data: no password, nothing inside
	wire_put32(&w, 0);
	wire_put16(&w, (uint16_t)p.size);
	wire_put(&w, public, p.size);
	wire_put16(&w, 0); // outside information
	wire_put32(&w, 0); // creation PCRs
	if (p.full || !own_run(&w, "TPM2_CreatePrimary"))
		return false;
	*handle = wire_get32(buffer + TPM_HEADER_SIZE);
	return true;
}

static bool make_persistent(uint32_t handle, uint32_t persistent)
{
	uint8_t buffer[64];
	struct wire_writer w =
		own_begin(buffer, sizeof(buffer), TPM_ST_SESSIONS, TPM_CC_EVICT_CONTROL);

	wire_put32(&w, TPM_RH_OWNER);
	wire_put32(&w, handle);
	own_no_password(&w);
	wire_put32(&w, persistent);
	return own_run(&w, "TPM2_EvictControl");
}

static bool flush(uint32_t handle)
{
	uint8_t buffer[64];
	struct wire_writer w =
		own_begin(buffer, sizeof(buffer), TPM_ST_NO_SESSIONS, TPM_CC_FLUSH_CONTEXT);

	wire_put32(&w, handle);
	return own_run(&w, "TPM2_FlushContext");
}

bool ek_create_all(void)
{
	uint32_t handle = 0;

	for (size_t i = 0; i < ARRAY_SIZE(templates); i++) {
		if (!create(&templates[i], &handle) ||
			!make_persistent(handle, templates[i].handle) || !flush(handle))
			return false;
	}
	return true;
}
