// SPDX-License-Identifier: MIT
// The launch digest: a chain of SHA-384 over one struct snp_page_info a page. Source: AMD document
// 56860, section 8.17 (SNP_LAUNCH_UPDATE, "Launch digest").
#include "machine/psp/state.h"

static bool page_is_zero(const uint64_t *words)
{
	for (size_t i = 0; i < PAGE_SIZE / sizeof(*words); i++) {
		if (words[i] != 0)
			return false;
	}
	return true;
}

// A firmware image is largely zeros, and SHA-384 is slow under emulation: its digest is kept.
void psp_digest_page(const void *page, uint8_t digest[SHA384_SIZE])
{
	static uint8_t zero_digest[SHA384_SIZE];
	static bool zero_known;

	if (!page_is_zero(page)) {
		sha384(page, PAGE_SIZE, digest);
		return;
	}
	if (!zero_known) {
		sha384(page, PAGE_SIZE, zero_digest);
		zero_known = true;
	}
	memcpy(digest, zero_digest, SHA384_SIZE);
}

void psp_digest_extend(uint8_t digest[SHA384_SIZE], const uint8_t contents[SHA384_SIZE],
	uint8_t page_type, uint64_t gpa)
{
	struct snp_page_info info = {
		.length = sizeof(info),
		.page_type = page_type,
		.gpa = gpa,
	};

	memcpy(info.digest_cur, digest, SHA384_SIZE);
	memcpy(info.contents, contents, SHA384_SIZE);
	sha384(&info, sizeof(info), digest);
}
