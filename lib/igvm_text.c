// SPDX-License-Identifier: MIT
#include "lib/igvm.h"

static const char *const error_texts[IGVM_ERR_COUNT] = {
	[IGVM_OK] = "no error",
	[IGVM_ERR_TOO_SHORT] = "the file is too short for a fixed header",
	[IGVM_ERR_MAGIC] = "not an IGVM file (wrong magic number)",
	[IGVM_ERR_VERSION] = "unknown format version",
	[IGVM_ERR_ARCHITECTURE] = "not for the x86-64 architecture",
	[IGVM_ERR_PAGE_SIZE] = "page size is not 4096",
	[IGVM_ERR_FILE_SIZE] = "total_file_size differs from the size of the file",
	[IGVM_ERR_HEADER_OFFSET] = "variable_header_offset is out of range or not a multiple of 8",
	[IGVM_ERR_HEADER_SIZE] = "the variable headers exceed the file",
	[IGVM_ERR_CHECKSUM] = "the checksum of the headers is wrong",
	[IGVM_ERR_HEADER_CUT] = "a variable header exceeds the variable headers",
	[IGVM_ERR_HEADER_TYPE] = "unknown variable header type, and not optional",
	[IGVM_ERR_HEADER_LENGTH] = "a variable header has the wrong length for its type",
	[IGVM_ERR_HEADER_ORDER] = "a variable header comes after a later section began",
	[IGVM_ERR_PADDING] = "padding after a variable header is not zero",
	[IGVM_ERR_RESERVED] = "a reserved field is not zero",
	[IGVM_ERR_NO_PLATFORM] = "no platform is supported",
	[IGVM_ERR_PLATFORM_TYPE] = "unknown platform type",
	[IGVM_ERR_PLATFORM_VERSION] = "unknown platform version",
	[IGVM_ERR_PLATFORM_MASK] = "a platform's compatibility mask is not one free bit",
	[IGVM_ERR_PLATFORM_TWICE] = "a platform is declared twice",
	[IGVM_ERR_MASK] = "a compatibility mask is empty",
	[IGVM_ERR_GPA] = "a guest-physical address is misaligned or out of range",
	[IGVM_ERR_SIZE] = "a size is not in whole pages, or out of range",
	[IGVM_ERR_FILE_OFFSET] = "data lies outside the file data",
	[IGVM_ERR_PAGE_TYPE] = "unknown page data type",
	[IGVM_ERR_PAGE_FLAGS] = "unknown page data flags",
	[IGVM_ERR_POLICY_TWICE] = "a second guest policy for the same platform",
	[IGVM_ERR_AREA_COUNT] = "more parameter areas than this reader supports",
	[IGVM_ERR_AREA_TWICE] = "a parameter area is declared twice",
	[IGVM_ERR_AREA_UNKNOWN] = "a parameter area is used before it is declared",
	[IGVM_ERR_AREA_INSERTED] = "a parameter area is used after it was inserted",
	[IGVM_ERR_PARAMETER_OFFSET] = "a parameter does not fit in its area",
	[IGVM_ERR_VP_INDEX] = "a second context of the first vCPU for the same platform",
	[IGVM_ERR_GPA_TWICE] = "guest memory is filled twice",
	[IGVM_ERR_TOO_FRAGMENTED] = "guest memory is too fragmented to be checked",
};

const char *igvm_error_text(enum igvm_error_id id)
{
	return (size_t)id < IGVM_ERR_COUNT ? error_texts[id] : "unknown error";
}

static const char *const platform_names[] = {
	[IGVM_PLATFORM_NATIVE] = "native",
	[IGVM_PLATFORM_VSM] = "VSM",
	[IGVM_PLATFORM_SEV_SNP] = "SEV-SNP",
	[IGVM_PLATFORM_TDX] = "TDX",
	[IGVM_PLATFORM_SEV] = "SEV",
	[IGVM_PLATFORM_SEV_ES] = "SEV-ES",
	[IGVM_PLATFORM_CCA] = "CCA",
};

const char *igvm_platform_name(uint8_t platform_type)
{
	return platform_type < ARRAY_SIZE(platform_names) ? platform_names[platform_type]
							  : "unknown";
}
