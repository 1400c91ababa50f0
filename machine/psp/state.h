// SPDX-License-Identifier: MIT
// Inside the secure processor: the one guest's context, the chip's secrets, shared helpers.
#ifndef PSP_STATE_H
#define PSP_STATE_H

#include "hw/report.h"
#include "hw/snp.h"
#include "lib/bytes.h"
#include "lib/sha512.h"
#include "machine/base/machine.h"
#include "machine/psp/psp.h"

enum psp_guest_state {
	PSP_GUEST_INIT,
	PSP_GUEST_LAUNCH,
	PSP_GUEST_RUNNING,
};

// The guest context page of the firmware, all of it under psp_lock once the guest runs.
struct psp_guest {
	enum psp_guest_state state;
	uint64_t policy;
	uint8_t digest[SHA384_SIZE];
	uint8_t vmpck[VMPL_COUNT][SNP_VMPCK_SIZE];
	uint64_t sequence[VMPL_COUNT]; // messages of either direction so far
	uint8_t vmrk[32];
	uint8_t report_id[32];
	uint8_t family_id[16];
	uint8_t image_id[16];
	uint32_t guest_svn;
	bool author_key;
	uint8_t id_key_digest[SHA384_SIZE];
	uint8_t author_key_digest[SHA384_SIZE];
};
extern struct psp_guest psp_guest;

// Version of the firmware ABI that is emulated, and the TCB that reports name
#define PSP_ABI_MAJOR 1
#define PSP_ABI_MINOR 55
#define PSP_BUILD     1
#define PSP_TCB	      SNP_TCB(1, 1, 0, 1)

// entropy.c: fills from RDRAND; ends the run when the processor has none.
void psp_random(void *buffer, size_t size);

// digest.c
void psp_digest_page(const void *page, uint8_t digest[SHA384_SIZE]);
void psp_digest_extend(uint8_t digest[SHA384_SIZE], const uint8_t contents[SHA384_SIZE],
	uint8_t page_type, uint64_t gpa);

// cpuid.c: corrects the entries that the silicon cannot do; false if there were any.
bool psp_cpuid_check(struct snp_cpuid_entry *entries, uint32_t count) MUST_USE;

// id_block.c: checks the ID block and takes its identity into the guest's context.
int psp_id_block_check(struct psp_guest *guest, const struct snp_id_block *block,
	const struct snp_id_auth *auth, bool author_key) MUST_USE;

// chip.c: signs the report with the chip's test key; derives a key for the guest.
void psp_report_sign(struct snp_report *report);
void psp_vcek_show(void); // logs the public key
void psp_chip_id(uint8_t id[64]);
void psp_key_derive(bool vmrk, const void *context, size_t size, uint8_t key[32]);

// message.c: the AEAD of guest messages. Status codes PSP_*.
int psp_message_open(const struct psp_guest *guest, const uint8_t message[4096],
	struct snp_message_header *header, uint8_t *payload) MUST_USE;
void psp_message_seal(const struct psp_guest *guest, const struct snp_message_header *request,
	uint16_t payload_size, uint8_t message[4096]);

// Handlers of messages: payload in, answer out (the same buffer must not be used). Each returns the
// size of its answer; the payload is as long as the handler's table entry says.
uint16_t psp_report_message(uint8_t vmpck, struct bytes payload, uint8_t *answer);
uint16_t psp_key_message(uint8_t vmpck, struct bytes payload, uint8_t *answer);
uint16_t psp_cpuid_message(uint8_t vmpck, struct bytes payload, uint8_t *answer);

#endif
