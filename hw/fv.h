// SPDX-License-Identifier: MIT
// Header of a firmware volume, by which an image tells what a part of it is for. Source: UEFI
// Platform Initialization Specification 1.8, volume 3, section 3.2.1 (EFI_FIRMWARE_VOLUME_HEADER).
#ifndef HW_FV_H
#define HW_FV_H

#include "hw/assert.h"

#define FV_SIGNATURE 0x4856465f // "_FVH"
#define FV_GUID_SIZE 16

struct fv_header {
	uint8_t zero_vector[16];
	uint8_t file_system_guid[FV_GUID_SIZE];
	uint64_t fv_length; // bytes, this header's included
	uint32_t signature;
	uint32_t attributes;
	uint16_t header_length;
	uint16_t checksum;
};
ASSERT_SIZE(struct fv_header, 0x38);
ASSERT_OFFSET(struct fv_header, fv_length, 0x20);
ASSERT_OFFSET(struct fv_header, signature, 0x28);

// The volume that holds UEFI variables. Source: edk2, MdeModulePkg/Include/Guid/SystemNvDataGuid.h
#define FV_GUID_SYSTEM_NV_DATA /* fff12b8d-7696-4c8b-a985-2747075b4f50 */                          \
	{                                                                                          \
		0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c, 0xa9, 0x85, 0x27, 0x47, 0x07,      \
			0x5b, 0x4f, 0x50                                                           \
	}

#endif
