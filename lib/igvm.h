// SPDX-License-Identifier: MIT
/*
 * Reader of IGVM files (hw/igvm.h): versions 1 and 2, x86-64, 4 KiB pages. Made for files that
 * nobody vouches for: igvm_open checks everything once; then the headers can be walked without
 * failing. Nothing is copied or allocated: spans point into the file, which must stay unchanged.
 *
 *	struct igvm_file file;
 *	struct igvm_error error;
 *	if (!igvm_open(span, &file, &error))
 *		... igvm_error_text(error.id), error.offset
 *	if (!igvm_find_platform(&file, IGVM_PLATFORM_SEV_SNP, &platform))
 *		... not for this platform
 *	struct igvm_iter iter = igvm_iter_start(&file, platform.compatibility_mask);
 *	while (igvm_next(&iter, &header))
 *		switch (header.type) ...
 */
#ifndef LIB_IGVM_H
#define LIB_IGVM_H

#include "hw/igvm.h"
#include "lib/bytes.h"
#include "lib/rle.h"

enum igvm_error_id {
	IGVM_OK,
	IGVM_ERR_TOO_SHORT,
	IGVM_ERR_MAGIC,
	IGVM_ERR_VERSION,
	IGVM_ERR_ARCHITECTURE,
	IGVM_ERR_PAGE_SIZE,
	IGVM_ERR_FILE_SIZE,
	IGVM_ERR_HEADER_OFFSET,
	IGVM_ERR_HEADER_SIZE,
	IGVM_ERR_CHECKSUM,
	IGVM_ERR_HEADER_CUT,
	IGVM_ERR_HEADER_TYPE,
	IGVM_ERR_HEADER_LENGTH,
	IGVM_ERR_HEADER_ORDER,
	IGVM_ERR_PADDING,
	IGVM_ERR_RESERVED,
	IGVM_ERR_NO_PLATFORM,
	IGVM_ERR_PLATFORM_TYPE,
	IGVM_ERR_PLATFORM_VERSION,
	IGVM_ERR_PLATFORM_MASK,
	IGVM_ERR_PLATFORM_TWICE,
	IGVM_ERR_MASK,
	IGVM_ERR_GPA,
	IGVM_ERR_SIZE,
	IGVM_ERR_FILE_OFFSET,
	IGVM_ERR_PAGE_TYPE,
	IGVM_ERR_PAGE_FLAGS,
	IGVM_ERR_POLICY_TWICE,
	IGVM_ERR_AREA_COUNT,
	IGVM_ERR_AREA_TWICE,
	IGVM_ERR_AREA_UNKNOWN,
	IGVM_ERR_AREA_INSERTED,
	IGVM_ERR_PARAMETER_OFFSET,
	IGVM_ERR_VP_INDEX,
	IGVM_ERR_GPA_TWICE,
	IGVM_ERR_TOO_FRAGMENTED,
	IGVM_ERR_COUNT,
};

struct igvm_error {
	enum igvm_error_id id;
	uint64_t offset; // in the file, of what is wrong
	uint64_t value;	 // what stands there
};

#define IGVM_PLATFORMS_MAX 32	   // one for each bit of a compatibility mask
#define IGVM_AREAS_MAX	   32	   // parameter areas of a file; a limit of this reader
#define IGVM_AREA_SIZE_MAX MIB(16) // bytes of one; the same

struct igvm_area {
	uint32_t index;
	uint32_t inserted_mask; // platforms on which it was inserted (while opening)
	uint64_t size;		// bytes
	struct bytes initial;	// empty: zeros
};

struct igvm_file {
	struct bytes bytes;
	uint32_t version;
	uint64_t headers_start; // offsets in the file
	uint64_t headers_end;
	uint32_t declared_mask; // bits of all platforms
	size_t platform_count;
	struct igvm_platform platforms[IGVM_PLATFORMS_MAX];
	size_t area_count;
	struct igvm_area areas[IGVM_AREAS_MAX];
};

/*
 * One decoded variable header. The member of `u` is chosen by type; types without one (RELOCATION,
 * CORIM, VBS, CCA) have only `value`. All VP_COUNT, SRAT, MADT, MMIO_RANGES, MEMORY_MAP,
 * COMMAND_LINE, SLIT, PPTT, DEVICE_TREE and ENVIRONMENT_INFO use u.parameter.
 */
struct igvm_header {
	uint32_t type;
	uint64_t offset;    // of the header in the file
	uint32_t mask;	    // platforms it is for; all bits set where the type has no mask
	struct bytes value; // as in the file
	// PAGE_DATA: the page, empty: zeros. PARAMETER_AREA: initial contents, empty: zeros.
	// VP_CONTEXT: one page (SEV-SNP, SEV-ES, native). CORIM: the document.
	struct bytes data;
	union {
		struct igvm_platform platform;
		struct igvm_guest_policy policy;
		struct igvm_parameter_area area;
		struct igvm_page_data page;
		struct igvm_parameter_insert insert;
		struct igvm_parameter parameter;
		struct igvm_vp_context vp_context;
		struct igvm_required_memory required;
		struct igvm_error_range error_range;
		struct igvm_snp_id_block id_block;
		struct igvm_corim_data corim;
		struct igvm_relocatable_region relocatable;
		struct igvm_page_table_relocation page_tables;
		struct igvm_cca_policy cca_policy;
	} u;
};

struct igvm_iter {
	const struct igvm_file *file;
	uint64_t offset;
	uint32_t mask;
};

// Checks the whole file. The span must not be larger than the file.
MUST_USE bool igvm_open(struct bytes bytes, struct igvm_file *file, struct igvm_error *error);

// The platform of this type; false: the file does not support it.
MUST_USE bool igvm_find_platform(
	const struct igvm_file *file, uint8_t platform_type, struct igvm_platform *platform);

// The parameter area with this index; NULL: none.
const struct igvm_area *igvm_find_area(const struct igvm_file *file, uint32_t index);

// Walks the headers that apply to a platform of `mask` (all of them: UINT32_MAX), in file order,
// skipping optional headers of unknown type.
struct igvm_iter igvm_iter_start(const struct igvm_file *file, uint32_t mask);
MUST_USE bool igvm_next(struct igvm_iter *iter, struct igvm_header *header);

// Bytes of guest memory that a PAGE_DATA, PARAMETER_INSERT or SEV-SNP VP_CONTEXT header fills.
uint64_t igvm_page_size(const struct igvm_page_data *page);

// Checks that no guest page is filled twice on the platforms of `mask`. `pages` is an initialised,
// empty bitmap of 2^52 pages; afterwards it holds the pages that the file fills.
MUST_USE bool igvm_check_overlap(
	const struct igvm_file *file, uint32_t mask, struct rle *pages, struct igvm_error *error);

// What the error means, without a full stop; and names for listings ("PAGE_DATA", "SEV-SNP").
const char *igvm_error_text(enum igvm_error_id id);
const char *igvm_type_name(uint32_t type);
const char *igvm_platform_name(uint8_t platform_type);

#endif
