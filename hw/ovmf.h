// SPDX-License-Identifier: MIT
/*
 * What an OVMF image says about itself. Source: edk2, OvmfPkg/ResetVector (Ia16/ResetVectorVtf0,
 * X64/OvmfSevMetadata, X64/IgvmMetadata), little-endian.
 *
 * The image ends at 4 GiB. A table of entries lies in front of the last 32 bytes and is read
 * backwards: each entry is data, then struct ovmf_entry_footer. The last entry is the table's own
 * footer, whose length is that of the whole table.
 */
#ifndef HW_OVMF_H
#define HW_OVMF_H

#include "hw/assert.h"

#define OVMF_TABLE_END_FROM_IMAGE_END 32
#define OVMF_RESET_VECTOR_FROM_END    16

#define OVMF_GUID_SIZE		      16

struct __attribute__((packed)) ovmf_entry_footer {
	uint16_t length; // of data and this footer
	uint8_t guid[OVMF_GUID_SIZE];
};
ASSERT_SIZE(struct ovmf_entry_footer, 18);

// GUIDs as they lie in memory: the first three parts are little-endian numbers.
#define OVMF_GUID_TABLE_FOOTER /* 96b582de-1fb2-45f7-baea-a366c55a082d */                          \
	{                                                                                          \
		0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45, 0xba, 0xea, 0xa3, 0x66, 0xc5,      \
			0x5a, 0x08, 0x2d                                                           \
	}
#define OVMF_GUID_SEV_METADATA /* dc886566-984a-4798-a75e-5585a7bf67cc */                          \
	{                                                                                          \
		0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47, 0xa7, 0x5e, 0x55, 0x85, 0xa7,      \
			0xbf, 0x67, 0xcc                                                           \
	}
#define OVMF_GUID_IGVM_METADATA /* 784fa70e-3176-4677-8a20-04b68699e374 */                         \
	{                                                                                          \
		0x0e, 0xa7, 0x4f, 0x78, 0x76, 0x31, 0x77, 0x46, 0x8a, 0x20, 0x04, 0xb6, 0x86,      \
			0x99, 0xe3, 0x74                                                           \
	}
#define OVMF_GUID_SEV_ES_RESET /* 00f771de-1a7e-4fcb-890e-68c77e2fb44e */                          \
	{                                                                                          \
		0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f, 0x89, 0x0e, 0x68, 0xc7, 0x7e,      \
			0x2f, 0xb4, 0x4e                                                           \
	}

// Data of the two metadata entries: where a struct ovmf_metadata lies.
struct ovmf_metadata_offset {
	uint32_t from_end; // bytes in front of the end of the image
};
ASSERT_SIZE(struct ovmf_metadata_offset, 4);

#define OVMF_SIGNATURE_SEV    0x56455341 // "ASEV"
#define OVMF_SIGNATURE_IGVM   0x4d564749 // "IGVM"
#define OVMF_METADATA_VERSION 1

struct ovmf_metadata {
	uint32_t signature;
	uint32_t length; // of header and sections
	uint32_t version;
	uint32_t section_count;
};
ASSERT_SIZE(struct ovmf_metadata, 16);
ASSERT_OFFSET(struct ovmf_metadata, section_count, 12);

struct ovmf_section {
	uint32_t base; // GPA, or offset in the parameter area
	uint32_t size; // bytes
	uint32_t type;
};
ASSERT_SIZE(struct ovmf_section, 12);
ASSERT_OFFSET(struct ovmf_section, type, 8);

// SEV metadata: section types
#define OVMF_SEV_MEMORY	       0x01 // validated and zero when the firmware starts
#define OVMF_SEV_SECRETS       0x02
#define OVMF_SEV_CPUID	       0x03
#define OVMF_SEV_CAA	       0x04 // SVSM calling area of the first vCPU
#define OVMF_SEV_KERNEL_HASHES 0x10 // zero: no hashes

// IGVM metadata: section types. 0x101 and 0x102 are offsets in the area, which comes first.
#define OVMF_IGVM_PARAMETER_AREA 0x100
#define OVMF_IGVM_MEMORY_MAP	 0x101 // array of struct igvm_memory_map_entry
#define OVMF_IGVM_VP_COUNT	 0x102 // u32
#define OVMF_IGVM_HOB_AREA	 0x200

// Data of the SEV-ES reset entry: where an application processor starts.
struct ovmf_sev_es_reset {
	uint16_t ip;
	uint16_t cs_base_high; // bits 31:16 of the CS base
};
ASSERT_SIZE(struct ovmf_sev_es_reset, 4);
ASSERT_OFFSET(struct ovmf_sev_es_reset, cs_base_high, 2);

#endif
