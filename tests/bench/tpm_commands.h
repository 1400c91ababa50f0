// SPDX-License-Identifier: MIT
// The TPM commands that are measured: by tpm_latency.c in Linux, and by the bare test guest. So no
// C library. Source of the layouts: TPM 2.0 library, part 3.
#ifndef TESTS_BENCH_TPM_COMMANDS_H
#define TESTS_BENCH_TPM_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TPM_COMMAND_ROOM 512

struct tpm_command {
	const char *name;
	// Writes the command, which uses that key if it needs one, and returns its size.
	size_t (*make)(uint8_t *buffer, uint32_t key);
	bool makes_key; // whose handle is the first of the answer
};

#define TPM_COMMAND_COUNT 5
extern const struct tpm_command tpm_commands[TPM_COMMAND_COUNT];

// The first command after a reset, an ECC key that signs quotes, and the end of any key
size_t tpm_command_startup(uint8_t *buffer, uint32_t unused);
size_t tpm_command_signing_key(uint8_t *buffer, uint32_t unused);
size_t tpm_command_flush(uint8_t *buffer, uint32_t key);

uint32_t tpm_response_code(const uint8_t *response);
uint32_t tpm_response_handle(const uint8_t *response);

#endif
