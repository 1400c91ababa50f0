// SPDX-License-Identifier: MIT
// Guest messages to the secure processor (document 56860, section 8.26), right or wrong.
#ifndef CONFORMANCE_MESSAGE_H
#define CONFORMANCE_MESSAGE_H

#include "hw/report.h"
#include "tests/conformance/conformance.h"

#define MESSAGE_PAYLOAD_MAX (4096 - sizeof(struct snp_message_header))

struct message {
	uint8_t vmpck, type;
	uint64_t sequence;
	uint8_t claim; // key that the header names instead, 0: the right one
	bool damaged;  // one bit of the ciphertext is turned
	uint16_t size;
	uint8_t payload[MESSAGE_PAYLOAD_MAX]; // of the request, then of the answer
};

void message_init(void); // SSE, which the library for AES needs; the shared pages
// Sends it: SW_EXITINFO2. 0: *message holds the answer, whose tag was right.
uint64_t message_send(struct message *message);
// The next number of a key's sequence, which an answer takes as well
extern uint64_t message_sequence[VMPL_COUNT];

#endif
