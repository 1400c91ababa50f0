// SPDX-License-Identifier: MIT
// Reader of an OVMF image's own description (hw/ovmf.h). The image is not trusted: every offset,
// size and address is checked, and a contradiction is an error.
#ifndef LIB_OVMF_H
#define LIB_OVMF_H

#include "hw/ovmf.h"
#include "lib/bytes.h"

enum ovmf_error_id {
	OVMF_OK,
	OVMF_ERR_SIZE,
	OVMF_ERR_NO_TABLE,
	OVMF_ERR_TABLE_LENGTH,
	OVMF_ERR_ENTRY_LENGTH,
	OVMF_ERR_ENTRY_TWICE,
	OVMF_ERR_METADATA_OFFSET,
	OVMF_ERR_METADATA_SIGNATURE,
	OVMF_ERR_METADATA_VERSION,
	OVMF_ERR_METADATA_LENGTH,
	OVMF_ERR_SECTION_RANGE,
	OVMF_ERR_SECTION_TWICE,
	OVMF_ERR_SECTION_SIZE,
	OVMF_ERR_SECTION_ORDER,
	OVMF_ERR_SECTION_OVERLAP,
	OVMF_ERR_NO_SEV_METADATA,
	OVMF_ERR_NO_SECRETS,
	OVMF_ERR_NO_CPUID,
	OVMF_ERR_NO_CAA,
	OVMF_ERR_TOO_MANY_RANGES,
	OVMF_ERR_COUNT,
};

struct ovmf_error {
	enum ovmf_error_id id;
	uint64_t offset; // in the image, of what is wrong
};

// Bytes gpa .. gpa + size - 1; size 0: not given by the image.
struct ovmf_range {
	uint64_t gpa;
	uint64_t size;
};

#define OVMF_RANGES_MAX 16

struct ovmf_info {
	struct ovmf_range image; // ends at 4 GiB
	uint64_t reset_vector_gpa;
	struct ovmf_range secrets; // one page each, aligned
	struct ovmf_range cpuid;
	struct ovmf_range caa;
	struct ovmf_range kernel_hashes;
	struct ovmf_range parameter_area;
	struct ovmf_range memory_map; // in the parameter area; may be unaligned
	struct ovmf_range vp_count;
	struct ovmf_range hob_area;
	bool has_sev_metadata;
	bool has_igvm_metadata;
	bool has_sev_es_reset;
	struct ovmf_sev_es_reset sev_es_reset;
	// All memory that must be validated when the firmware starts: whole pages, sorted, merged.
	size_t prevalidate_count;
	struct ovmf_range prevalidate[OVMF_RANGES_MAX];
};

// Reads the image. Without SEV metadata it fails with OVMF_ERR_NO_SEV_METADATA.
MUST_USE bool ovmf_parse(struct bytes image, struct ovmf_info *info, struct ovmf_error *error);

const char *ovmf_error_text(enum ovmf_error_id id);

#endif
