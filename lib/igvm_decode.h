// SPDX-License-Identifier: MIT
// Between lib/igvm.c, igvm_decode.c and igvm_check.c: one variable header, by itself and after
// those before it.
#ifndef LIB_IGVM_DECODE_H
#define LIB_IGVM_DECODE_H

#include "lib/igvm.h"

enum igvm_stage {
	IGVM_STAGE_PLATFORM,
	IGVM_STAGE_INIT,
	IGVM_STAGE_DIRECTIVE,
	IGVM_STAGE_SKIP, // an optional header of unknown type
};

// Decodes the header at `offset` and finds where the next one starts.
MUST_USE bool igvm_decode(const struct igvm_file *file, uint64_t offset, struct igvm_header *header,
	enum igvm_stage *stage, uint64_t *next, struct igvm_error *error);

// Records an error; returns false, so that a check reads `return igvm_fail(...)`.
MUST_USE bool igvm_fail(
	struct igvm_error *error, enum igvm_error_id id, uint64_t offset, uint64_t value);

// What has been seen for each platform, as masks
struct igvm_seen {
	uint32_t policy;
	uint32_t vp_context; // of vCPU 0
};

// Checks what depends on the headers before it, and adds what it declares to the file.
MUST_USE bool igvm_check_header(struct igvm_file *file, struct igvm_seen *seen,
	const struct igvm_header *header, struct igvm_error *error);

#endif
