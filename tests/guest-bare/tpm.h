// SPDX-License-Identifier: MIT
// TPM commands through the SVSM's protocol 2, from a buffer anywhere in the guest's memory.
#ifndef GUEST_TPM_H
#define GUEST_TPM_H

#include "abi/vtpm.h"
#include "hw/tpm.h"
#include "tests/guest-bare/guest.h"

#define TPM_CC_GET_RANDOM 0x17b
#define TPM_CC_PCR_READ	  0x17e

// What command_run() says besides the TPM's codes
#define TPM_REFUSED   UINT32_MAX       // by the SVSM
#define TPM_BAD_SIZES (UINT32_MAX - 1) // the response's two sizes are not the same

// Big-endian, as the TPM wants it
static inline uint8_t *put16(uint8_t *p, uint32_t value)
{
	*p++ = (uint8_t)(value >> 8);
	*p++ = (uint8_t)value;
	return p;
}

static inline uint8_t *put32(uint8_t *p, uint32_t value)
{
	return put16(put16(p, value >> 16), value & 0xffff);
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline struct vtpm_request *buffer_at(uint64_t gpa)
{
	return private_ptr(gpa);
}

static inline uint8_t *body(uint64_t gpa)
{
	return buffer_at(gpa)->data + TPM_HEADER_SIZE;
}

static inline const uint8_t *response_data(uint64_t gpa)
{
	return (const uint8_t *)private_ptr(gpa) + offsetof(struct vtpm_response, data);
}

uint32_t response_size(uint64_t gpa);

// As guests do: again while the SVSM says that it is not done, or busy with another CPU.
uint64_t vtpm_call(uint32_t number, uint64_t gpa);

// Puts a command with its header into the buffer; the body is there already, up to `end`.
void command_put(uint64_t gpa, uint32_t tag, uint32_t command, const uint8_t *end);

uint32_t response_code(uint64_t gpa); // the TPM's, or TPM_BAD_SIZES
// The same, or TPM_REFUSED
uint32_t command_run(uint64_t gpa);

// Password session with an empty password: size 9, TPM_RS_PW, no nonce, no attributes, no HMAC
uint8_t *put_password(uint8_t *p);

uint32_t get_random(uint64_t gpa, uint16_t bytes);
uint32_t tpm_startup(uint64_t gpa, uint16_t type);

// tpm_pcr.c, of the SHA-256 bank
#define PCR_SIZE 32
uint32_t pcr_extend(uint64_t gpa, uint32_t pcr, uint8_t value);
uint32_t pcr_reset(uint64_t gpa, uint32_t pcr);
bool pcr_read(uint64_t gpa, uint32_t pcr, uint8_t value[PCR_SIZE]);

#endif
