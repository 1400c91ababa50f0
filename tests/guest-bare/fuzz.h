// SPDX-License-Identifier: MIT
// TPM commands that are nearly right (fuzz_vtpm.c sends them, and checks what comes back).
#ifndef GUEST_FUZZ_H
#define GUEST_FUZZ_H

#include "tests/guest-bare/tpm.h"

// A TPM command while it is made, and where its parts begin.
struct fuzz_command {
	uint8_t data[VTPM_COMMAND_SIZE_MAX];
	uint32_t size;
	uint32_t auths_at; // the size of the authorisations; 0: there are none
	uint32_t body_at;
};

// What goes to the SVSM with it.
struct fuzz_request {
	struct fuzz_command command;
	uint32_t platform_command;
	uint8_t locality;
	uint32_t size;
	uint32_t call;
};

// fuzz_seeds.c: well-formed commands. Handles that the TPM gave out are put in where a command
// wants one.
extern uint32_t fuzz_object, fuzz_session;
size_t fuzz_seed_count(void);
uint32_t fuzz_seed_code(size_t seed);
void fuzz_seed_make(size_t seed, struct fuzz_command *command);

// fuzz_mutate.c
void fuzz_random_start(uint64_t seed);
uint64_t fuzz_random(void);
uint64_t fuzz_below(uint64_t bound); // not 0
void fuzz_request_make(struct fuzz_request *request);

// fuzz_pcrs.c: what PCRs hold, and whether they may. By PCR_Read from a buffer at gpa; what is
// wrong, or NULL.
const char *fuzz_pcrs_start(uint64_t gpa);
const char *fuzz_pcrs_look(uint64_t gpa); // at some of them
// All, after a command that may change this one.
const char *fuzz_pcrs_changed(uint64_t gpa, uint32_t pcr, bool may_go_back);

void run_fuzz_vtpm(void);

#endif
