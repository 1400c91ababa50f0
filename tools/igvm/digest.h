// SPDX-License-Identifier: MIT
// SEV-SNP launch digest of an IGVM file: what the secure processor computes from the pages that a
// loader hands it in the order of the file. Source: SEV Secure Nested Paging Firmware ABI
// (AMD document 56860), "SNP_LAUNCH_UPDATE", PAGE_INFO structure.
#ifndef TOOLS_IGVM_DIGEST_H
#define TOOLS_IGVM_DIGEST_H

#include "hw/snp.h"
#include "lib/sha512.h"
#include "tools/igvm/common.h"

#define SNP_PAGE_TYPES (SNP_PAGE_CPUID + 1)

struct digest {
	uint8_t value[SHA384_SIZE];
	uint64_t pages[SNP_PAGE_TYPES]; // by SNP_PAGE_*
	uint64_t zero_pages;		// of the normal ones
	uint64_t firmware_pages;	// of the normal ones: from 3 to 4 GiB
	uint64_t shared_pages;		// not measured
};

// `native_zero`: pages without data are type ZERO instead of normal pages of zeros.
void digest_file(
	const struct igvm_file *file, uint32_t mask, bool native_zero, struct digest *digest);

#endif
