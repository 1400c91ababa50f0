// SPDX-License-Identifier: MIT
// Between lib/ovmf.c, which walks tables and metadata, and lib/ovmf_sections.c: one section.
#ifndef LIB_OVMF_SECTIONS_H
#define LIB_OVMF_SECTIONS_H

#include "lib/ovmf.h"

#define OVMF_PAGE 4096ull
#define OVMF_END  GIB(4) // firmware ends here, and so does the memory of sections

struct ovmf_parser {
	struct bytes image;
	struct ovmf_info *info;
	struct ovmf_error *error;
};

// Records an error; returns false, so that a check reads `return ovmf_fail(...)`.
MUST_USE bool ovmf_fail(struct ovmf_parser *p, enum ovmf_error_id id, uint64_t offset);

// A section that stands at this offset of the image, of the SEV or of the IGVM metadata.
typedef bool ovmf_section_handler(
	struct ovmf_parser *p, const struct ovmf_section *section, uint64_t offset);
ovmf_section_handler ovmf_sev_section;
ovmf_section_handler ovmf_igvm_section;

#endif
