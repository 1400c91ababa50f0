// SPDX-License-Identifier: MIT
// Writes an IGVM file of format version 1: headers in the order of the calls, then file data in
// which equal pages are stored once.
#ifndef TOOLS_IGVM_WRITER_H
#define TOOLS_IGVM_WRITER_H

#include "tools/igvm/common.h"

struct writer {
	uint8_t *headers;
	size_t headers_size;
	uint8_t *data; // pages
	size_t page_count;
	// Where in the headers a file offset is to be put, and which page it is to name.
	struct writer_fixup {
		size_t header_offset;
		size_t page;
	} * fixups;
	size_t fixup_count;
};

void writer_platform(struct writer *w, const struct igvm_platform *platform);
void writer_policy(struct writer *w, const struct igvm_guest_policy *policy);
void writer_required(struct writer *w, const struct igvm_required_memory *required);
void writer_area(struct writer *w, const struct igvm_parameter_area *area);
void writer_parameter(struct writer *w, uint32_t type, uint32_t area, uint32_t offset);
void writer_insert(struct writer *w, const struct igvm_parameter_insert *insert);

// `contents` is one page, or NULL: no data. A page of zeros is stored as none.
void writer_page(struct writer *w, const struct igvm_page_data *page, const uint8_t *contents);
void writer_vp_context(
	struct writer *w, const struct igvm_vp_context *context, const uint8_t *vmsa);

void writer_finish(struct writer *w, const char *path);

#endif
