// SPDX-License-Identifier: MIT
// CRC-32 of IEEE 802.3 (reflected polynomial 0xedb88320), the one of IGVM's fixed header.
#ifndef LIB_CRC32_H
#define LIB_CRC32_H

#include "lib/util.h"

// The CRC of data that follows data whose CRC is `crc`; start with 0.
uint32_t crc32_update(uint32_t crc, const void *data, size_t size);

#endif
