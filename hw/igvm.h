// SPDX-License-Identifier: MIT
/*
 * Independent Guest Virtual Machine (IGVM) file format, little-endian.
 * Source: Microsoft's crate igvm_defs (github.com/microsoft/igvm), which is the specification;
 * the name after "igvm_defs:" is the item there.
 *
 * A file is: fixed header, variable headers (type, length, value; each starts on 8 bytes), file
 * data. Variable headers come in the order platform, initialization, directive.
 */
#ifndef HW_IGVM_H
#define HW_IGVM_H

#include "hw/assert.h"

#define IGVM_MAGIC	      0x4d564749 // "IGVM"
#define IGVM_VERSION_1	      1
#define IGVM_VERSION_2	      2
#define IGVM_PAGE_SIZE	      4096
#define IGVM_LARGE_PAGE_SIZE  0x200000
#define IGVM_HEADER_ALIGN     8
#define IGVM_ARCHITECTURE_X64 0

// igvm_defs: IGVM_FIXED_HEADER (format version 1)
struct igvm_fixed_header {
	uint32_t magic;
	uint32_t format_version;
	uint32_t variable_header_offset; // a multiple of 8
	uint32_t variable_header_size;	 // bytes
	uint32_t total_file_size;	 // bytes
	uint32_t checksum; // CRC-32 of fixed header, this field 0, and variable headers
};
ASSERT_SIZE(struct igvm_fixed_header, 24);
ASSERT_OFFSET(struct igvm_fixed_header, checksum, 20);

// igvm_defs: IGVM_FIXED_HEADER_V2 (format version 2)
struct igvm_fixed_header_v2 {
	struct igvm_fixed_header v1;
	uint32_t architecture;
	uint32_t page_size; // bytes
};
ASSERT_SIZE(struct igvm_fixed_header_v2, 32);
ASSERT_OFFSET(struct igvm_fixed_header_v2, architecture, 24);
ASSERT_OFFSET(struct igvm_fixed_header_v2, page_size, 28);

// igvm_defs: IGVM_VHS_VARIABLE_HEADER
struct igvm_variable_header {
	uint32_t type;
	uint32_t length; // of the value; padding to 8 bytes follows, and is zero
};
ASSERT_SIZE(struct igvm_variable_header, 8);
ASSERT_OFFSET(struct igvm_variable_header, length, 4);

// igvm_defs: IgvmVariableHeaderType, and the ranges IGVM_VHT_RANGE_*
#define IGVM_OPTIONAL		   0x80000000u // a loader that lacks the type may skip it
#define IGVM_PLATFORM_FIRST	   0x001
#define IGVM_PLATFORM_LAST	   0x100
#define IGVM_INIT_FIRST		   0x101
#define IGVM_INIT_LAST		   0x200
#define IGVM_DIRECTIVE_FIRST	   0x301
#define IGVM_DIRECTIVE_LAST	   0x400
#define IGVM_SUPPORTED_PLATFORM	   0x001
#define IGVM_GUEST_POLICY	   0x101
#define IGVM_RELOCATABLE_REGION	   0x102
#define IGVM_PAGE_TABLE_RELOCATION 0x103
#define IGVM_CORIM_DOCUMENT	   0x104
#define IGVM_CORIM_SIGNATURE	   0x105
#define IGVM_CCA_POLICY		   0x106
#define IGVM_PARAMETER_AREA	   0x301
#define IGVM_PAGE_DATA		   0x302
#define IGVM_PARAMETER_INSERT	   0x303
#define IGVM_VP_CONTEXT		   0x304
#define IGVM_REQUIRED_MEMORY	   0x305
#define IGVM_VP_COUNT		   0x307
#define IGVM_SRAT		   0x308
#define IGVM_MADT		   0x309
#define IGVM_MMIO_RANGES	   0x30a
#define IGVM_SNP_ID_BLOCK	   0x30b
#define IGVM_MEMORY_MAP		   0x30c
#define IGVM_ERROR_RANGE	   0x30d
#define IGVM_COMMAND_LINE	   0x30e
#define IGVM_SLIT		   0x30f
#define IGVM_PPTT		   0x310
#define IGVM_VBS_MEASUREMENT	   0x311
#define IGVM_DEVICE_TREE	   0x312
#define IGVM_ENVIRONMENT_INFO	   0x313

// igvm_defs: IgvmPlatformType
#define IGVM_PLATFORM_NATIVE  0
#define IGVM_PLATFORM_VSM     1
#define IGVM_PLATFORM_SEV_SNP 2
#define IGVM_PLATFORM_TDX     3
#define IGVM_PLATFORM_SEV     4
#define IGVM_PLATFORM_SEV_ES  5
#define IGVM_PLATFORM_CCA     6
#define IGVM_PLATFORM_VERSION 1

// igvm_defs: IGVM_VHS_SUPPORTED_PLATFORM
struct igvm_platform {
	uint32_t compatibility_mask; // one bit, this platform's in all that follows
	uint8_t highest_vtl;
	uint8_t platform_type;
	uint16_t platform_version;
	uint64_t shared_gpa_boundary; // 0: none
};
ASSERT_SIZE(struct igvm_platform, 16);
ASSERT_OFFSET(struct igvm_platform, highest_vtl, 4);
ASSERT_OFFSET(struct igvm_platform, platform_type, 5);
ASSERT_OFFSET(struct igvm_platform, platform_version, 6);
ASSERT_OFFSET(struct igvm_platform, shared_gpa_boundary, 8);

// igvm_defs: IGVM_VHS_GUEST_POLICY
struct igvm_guest_policy {
	uint64_t policy; // SEV-SNP: hw/snp.h, GUEST_POLICY
	uint32_t compatibility_mask;
	uint32_t reserved;
};
ASSERT_SIZE(struct igvm_guest_policy, 16);
ASSERT_OFFSET(struct igvm_guest_policy, compatibility_mask, 8);

// igvm_defs: IGVM_VHS_RELOCATABLE_REGION
struct igvm_relocatable_region {
	uint32_t compatibility_mask;
	uint16_t vp_index;
	uint8_t vtl;
	uint8_t flags;
	uint64_t relocation_alignment;
	uint64_t relocation_region_gpa;
	uint64_t relocation_region_size;
	uint64_t minimum_relocation_gpa;
	uint64_t maximum_relocation_gpa;
};
ASSERT_SIZE(struct igvm_relocatable_region, 48);
ASSERT_OFFSET(struct igvm_relocatable_region, relocation_alignment, 8);
ASSERT_OFFSET(struct igvm_relocatable_region, maximum_relocation_gpa, 40);

// igvm_defs: IGVM_VHS_PAGE_TABLE_RELOCATION
struct igvm_page_table_relocation {
	uint32_t compatibility_mask;
	uint16_t vp_index;
	uint8_t vtl;
	uint8_t reserved;
	uint64_t gpa;
	uint64_t size;
	uint64_t used_size;
};
ASSERT_SIZE(struct igvm_page_table_relocation, 32);
ASSERT_OFFSET(struct igvm_page_table_relocation, gpa, 8);
ASSERT_OFFSET(struct igvm_page_table_relocation, used_size, 24);

// igvm_defs: IGVM_VHS_CORIM_DATA
struct igvm_corim_data {
	uint32_t compatibility_mask;
	uint32_t file_offset;
	uint32_t size_bytes;
	uint32_t reserved;
};
ASSERT_SIZE(struct igvm_corim_data, 16);
ASSERT_OFFSET(struct igvm_corim_data, size_bytes, 8);

// igvm_defs: IGVM_VHS_CCA_POLICY
struct igvm_cca_policy {
	uint32_t compatibility_mask;
	uint32_t reserved;
	uint64_t attributes_required_zeroes;
	uint64_t attributes_required_ones;
	uint8_t hash_algorithm;
	uint8_t lfa_policy;
	uint8_t reserved2[6];
};
ASSERT_SIZE(struct igvm_cca_policy, 32);
ASSERT_OFFSET(struct igvm_cca_policy, hash_algorithm, 24);

// igvm_defs: IGVM_VHS_PARAMETER_AREA
struct igvm_parameter_area {
	uint64_t number_of_bytes; // whole pages
	uint32_t parameter_area_index;
	uint32_t file_offset; // of the initial contents, 0: zeros
};
ASSERT_SIZE(struct igvm_parameter_area, 16);
ASSERT_OFFSET(struct igvm_parameter_area, parameter_area_index, 8);
ASSERT_OFFSET(struct igvm_parameter_area, file_offset, 12);

// igvm_defs: IgvmPageDataType
#define IGVM_PAGE_NORMAL     0
#define IGVM_PAGE_SECRETS    1
#define IGVM_PAGE_CPUID_DATA 2
#define IGVM_PAGE_CPUID_XF   3

// igvm_defs: IgvmPageDataFlags
#define IGVM_PAGE_FLAG_2MB	  0x1
#define IGVM_PAGE_FLAG_UNMEASURED 0x2
#define IGVM_PAGE_FLAG_SHARED	  0x4

// igvm_defs: IGVM_VHS_PAGE_DATA
struct igvm_page_data {
	uint64_t gpa;
	uint32_t compatibility_mask;
	uint32_t file_offset; // 0: a page of zeros, measured as such
	uint32_t flags;
	uint16_t data_type;
	uint16_t reserved;
};
ASSERT_SIZE(struct igvm_page_data, 24);
ASSERT_OFFSET(struct igvm_page_data, compatibility_mask, 8);
ASSERT_OFFSET(struct igvm_page_data, file_offset, 12);
ASSERT_OFFSET(struct igvm_page_data, flags, 16);
ASSERT_OFFSET(struct igvm_page_data, data_type, 20);

// igvm_defs: IGVM_VHS_PARAMETER_INSERT
struct igvm_parameter_insert {
	uint64_t gpa;
	uint32_t compatibility_mask;
	uint32_t parameter_area_index;
};
ASSERT_SIZE(struct igvm_parameter_insert, 16);
ASSERT_OFFSET(struct igvm_parameter_insert, compatibility_mask, 8);
ASSERT_OFFSET(struct igvm_parameter_insert, parameter_area_index, 12);

// igvm_defs: IGVM_VHS_PARAMETER, the value of every parameter type
struct igvm_parameter {
	uint32_t parameter_area_index;
	uint32_t byte_offset;
};
ASSERT_SIZE(struct igvm_parameter, 8);
ASSERT_OFFSET(struct igvm_parameter, byte_offset, 4);

// igvm_defs: IGVM_VHS_VP_CONTEXT; 20 bytes, not a multiple of 8
struct __attribute__((packed)) igvm_vp_context {
	uint64_t gpa; // SEV-SNP: of the VMSA
	uint32_t compatibility_mask;
	uint32_t file_offset; // SEV-SNP: of a page in the format of struct vmsa
	uint16_t vp_index;
	uint16_t reserved;
};
ASSERT_SIZE(struct igvm_vp_context, 20);
ASSERT_OFFSET(struct igvm_vp_context, file_offset, 12);
ASSERT_OFFSET(struct igvm_vp_context, vp_index, 16);

// igvm_defs: IGVM_VHS_REQUIRED_MEMORY
struct igvm_required_memory {
	uint64_t gpa;
	uint32_t compatibility_mask;
	uint32_t number_of_bytes;
	uint32_t flags; // bit 0: VTL2 protectable
	uint32_t reserved;
};
ASSERT_SIZE(struct igvm_required_memory, 24);
ASSERT_OFFSET(struct igvm_required_memory, number_of_bytes, 12);
ASSERT_OFFSET(struct igvm_required_memory, flags, 16);

// igvm_defs: IGVM_VHS_ERROR_RANGE
struct igvm_error_range {
	uint64_t gpa;
	uint32_t compatibility_mask;
	uint32_t size_bytes;
};
ASSERT_SIZE(struct igvm_error_range, 16);
ASSERT_OFFSET(struct igvm_error_range, compatibility_mask, 8);

// igvm_defs: IGVM_VHS_SNP_ID_BLOCK; keys and signatures in the format of the SEV-SNP firmware ABI
struct igvm_snp_id_block {
	uint32_t compatibility_mask;
	uint8_t author_key_enabled;
	uint8_t reserved[3];
	uint8_t ld[48];
	uint8_t family_id[16];
	uint8_t image_id[16];
	uint32_t version;
	uint32_t guest_svn;
	uint32_t id_key_algorithm;
	uint32_t author_key_algorithm;
	uint8_t id_key_signature[144];
	uint8_t id_public_key[152];
	uint8_t author_key_signature[144];
	uint8_t author_public_key[152];
};
ASSERT_SIZE(struct igvm_snp_id_block, 696);
ASSERT_OFFSET(struct igvm_snp_id_block, ld, 8);
ASSERT_OFFSET(struct igvm_snp_id_block, version, 88);
ASSERT_OFFSET(struct igvm_snp_id_block, id_key_signature, 104);

// igvm_defs: IGVM_VHS_VBS_MEASUREMENT: eight u32 (the first is the mask), then three byte strings
#define IGVM_VBS_MEASUREMENT_SIZE (8 * 4 + 64 + 256 + 512)

// Contents of the MEMORY_MAP parameter; igvm_defs: MemoryMapEntryType, IGVM_VHS_MEMORY_MAP_ENTRY.
// Sorted; an entry of 0 pages ends the list.
#define IGVM_MEMORY_NORMAL	     0
#define IGVM_MEMORY_RESERVED	     1
#define IGVM_MEMORY_PERSISTENT	     2
#define IGVM_MEMORY_VTL2_PROTECTABLE 3
#define IGVM_MEMORY_SPECIFIC_PURPOSE 4
#define IGVM_MEMORY_HIDDEN	     5

struct igvm_memory_map_entry {
	uint64_t starting_gpa_page_number;
	uint64_t number_of_pages;
	uint16_t entry_type;
	uint16_t flags;
	uint32_t reserved;
};
ASSERT_SIZE(struct igvm_memory_map_entry, 24);
ASSERT_OFFSET(struct igvm_memory_map_entry, entry_type, 16);

// Contents of the ENVIRONMENT_INFO parameter; igvm_defs: IgvmEnvironmentInfo
#define IGVM_ENVIRONMENT_MEMORY_SHARED 0x1 // memory not in the file starts shared

#endif
