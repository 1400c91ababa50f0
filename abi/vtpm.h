// SPDX-License-Identifier: MIT
// The vTPM protocol between guest and SVSM. Source: Secure VM Service Module for SEV-SNP Guests,
// AMD document 58019, section 8. A command lies in one buffer of at most a page, whose address is
// in RCX; the answer overwrites it. Numbers are little-endian, but the TPM's own, inside `data`.
#ifndef ABI_VTPM_H
#define ABI_VTPM_H

#include "hw/assert.h"

// SVSM_VTPM_QUERY: RCX = bit map of the platform commands, RDX = features (none is defined)
#define SVSM_VTPM_QUERY 0
#define SVSM_VTPM_CMD	1

// Platform commands have the numbers of the TPM simulator's TCP protocol.
#define VTPM_SEND_COMMAND      8
#define VTPM_SEND_IN_STEPS     63 // Copra's own, docs/guest-abi.md; the last that QUERY can name
#define VTPM_BUFFER_SIZE       4096
#define VTPM_COMMAND_SIZE_MAX  (VTPM_BUFFER_SIZE - 9)
#define VTPM_RESPONSE_SIZE_MAX (VTPM_BUFFER_SIZE - 4)

struct __attribute__((packed)) vtpm_request {
	uint32_t platform_command; // VTPM_SEND_COMMAND
	uint8_t locality;	   // 0
	uint32_t size;
	uint8_t data[VTPM_COMMAND_SIZE_MAX];
};
ASSERT_SIZE(struct vtpm_request, VTPM_BUFFER_SIZE);
ASSERT_OFFSET(struct vtpm_request, locality, 4);
ASSERT_OFFSET(struct vtpm_request, size, 5);
ASSERT_OFFSET(struct vtpm_request, data, 9);

struct vtpm_response {
	uint32_t size;
	uint8_t data[VTPM_RESPONSE_SIZE_MAX];
};
ASSERT_SIZE(struct vtpm_response, VTPM_BUFFER_SIZE);
ASSERT_OFFSET(struct vtpm_response, data, 4);

// VTPM_SEND_IN_STEPS begins like VTPM_SEND_COMMAND. A command that is not finished is gone on with
// by its ticket.
struct __attribute__((packed)) vtpm_step_request {
	uint32_t platform_command; // VTPM_SEND_IN_STEPS
	uint8_t locality;	   // 0
	uint32_t size;		   // 0
	uint64_t ticket;
};
ASSERT_SIZE(struct vtpm_step_request, 17);
ASSERT_OFFSET(struct vtpm_step_request, size, 5);
ASSERT_OFFSET(struct vtpm_step_request, ticket, 9);

struct __attribute__((packed)) vtpm_step_response {
	uint32_t size;	 // 0: not finished
	uint64_t ticket; // 0: not begun
};
ASSERT_SIZE(struct vtpm_step_response, 12);
ASSERT_OFFSET(struct vtpm_step_response, ticket, 4);

#endif
