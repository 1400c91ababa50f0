// SPDX-License-Identifier: MIT
// Between lib/igvm.c and lib/igvm_decode.c: one variable header, without regard to the others.
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

#endif
