// SPDX-License-Identifier: MIT
// For the test of the secure processor: what the machine would give it (fakes.c), and the other
// side of its cryptography, by OpenSSL (openssl.c).
#ifndef TESTS_UNIT_PSP_PSP_H
#define TESTS_UNIT_PSP_PSP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "machine/psp/state.h"

#define RAM_PAGES 4
extern uint8_t ram[RAM_PAGES][PAGE_SIZE];
uint64_t ram_spa(unsigned page);

extern uint8_t vcek_point[97]; // the public key, as the log has shown it

int setup(void **state);	 // a launch has begun
int setup_running(void **state); // and ended

// One more page for an expected launch digest; NULL: its contents do not count.
void digest_chain(uint8_t digest[48], const void *page, uint8_t type, uint64_t gpa);

// The guest's side of a message: encrypts or decrypts it in place.
void gcm(uint8_t page[4096], bool encrypt);
void message_make(uint8_t page[4096], uint8_t type, uint8_t vmpck, uint64_t sequence,
	const void *payload, uint16_t size);

// The report's signature is that of vcek_point.
void signature_check(const struct snp_report *report);

// The owner's side of an id block
void key_store(struct snp_public_key *out, EVP_PKEY *key);
void sign(struct snp_signature *out, EVP_PKEY *key, const void *data, size_t size);

#endif
