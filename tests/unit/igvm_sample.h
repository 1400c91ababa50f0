// SPDX-License-Identifier: MIT
// An IGVM file for tests, put together header by header, right or wrong.
#ifndef TESTS_UNIT_IGVM_SAMPLE_H
#define TESTS_UNIT_IGVM_SAMPLE_H

#include "lib/igvm.h"
#include "tests/unit/unit.h"

#define SAMPLE_HEADERS_MAX 4096
#define SAMPLE_PAGES	   4
#define SAMPLE_DATA_SIZE   (SAMPLE_PAGES * IGVM_PAGE_SIZE)

#define SAMPLE_SNP	   0x1u // compatibility masks
#define SAMPLE_NATIVE	   0x2u

// The fixed header is written from `fixed` as it is, save that checksum, sizes and offsets that
// are 0 are filled in.
struct sample {
	struct igvm_fixed_header_v2 fixed;
	uint8_t headers[SAMPLE_HEADERS_MAX];
	size_t headers_size;
	uint8_t data[SAMPLE_DATA_SIZE];
};

// A file with one header of every kind that an SVSM uses; version 1 or 2.
void sample_init(struct sample *sample, uint32_t version);

// Without any header.
void sample_init_empty(struct sample *sample, uint32_t version);

// Appends a header; returns the offset of its value in sample->headers.
size_t sample_add(struct sample *sample, uint32_t type, const void *value, size_t length);

#define SAMPLE_ADD(sample, type, ...) sample_add(sample, type, &(__VA_ARGS__), sizeof(__VA_ARGS__))

void sample_add_platform(struct sample *sample, uint8_t type, uint32_t mask);

// A page of data from the sample's data, `page` counting from 1; 0: none.
void sample_add_page(struct sample *sample, uint64_t gpa, uint16_t type, uint32_t page);

// The first header of this type, after `skip` others; the value's offset in sample->headers.
size_t sample_find(const struct sample *sample, uint32_t type, int skip);

// The file, to be freed with unit_free.
struct bytes sample_make(const struct sample *sample);

// Opens a file and, if the reader accepts it, walks it to its end, touching all data.
enum igvm_error_id sample_open_bytes(struct bytes bytes, struct igvm_error *error);
enum igvm_error_id sample_open(const struct sample *sample);

#endif
