// SPDX-License-Identifier: MIT
#include "tools/igvm/digest.h"

#define PAGE ((uint64_t)IGVM_PAGE_SIZE)

// One link of the chain: a page's type, address and, if its contents count, their hash.
static void add_page(
	struct digest *digest, uint8_t type, uint64_t gpa, const uint8_t contents[SHA384_SIZE])
{
	struct snp_page_info info = {
		.length = sizeof(info),
		.page_type = type,
		.gpa = gpa,
	};

	memcpy(info.digest_cur, digest->value, sizeof(info.digest_cur));
	if (contents != NULL)
		memcpy(info.contents, contents, sizeof(info.contents));
	sha384(&info, sizeof(info), digest->value);
	digest->pages[type]++;
}

static void add_contents(struct digest *digest, uint8_t type, uint64_t gpa, const uint8_t *contents)
{
	uint8_t hash[SHA384_SIZE];

	sha384(contents, PAGE, hash);
	add_page(digest, type, gpa, hash);
}

static void add_normal(
	struct digest *digest, uint64_t gpa, const uint8_t *contents, bool native_zero)
{
	static const uint8_t zeros[IGVM_PAGE_SIZE];

	if (contents == NULL && native_zero) {
		add_page(digest, SNP_PAGE_ZERO, gpa, NULL);
		return;
	}
	add_contents(digest, SNP_PAGE_NORMAL, gpa, contents != NULL ? contents : zeros);
	if (contents == NULL)
		digest->zero_pages++;
	if (gpa >= GIB(3) && gpa < GIB(4))
		digest->firmware_pages++;
}

static void add_page_data(struct digest *digest, const struct igvm_header *header, bool native_zero)
{
	const struct igvm_page_data *page = &header->u.page;
	const uint8_t *contents = header->data.data;

	for (uint64_t offset = 0; offset < igvm_page_size(page); offset += PAGE) {
		uint64_t gpa = page->gpa + offset;

		if ((page->flags & IGVM_PAGE_FLAG_SHARED) != 0)
			digest->shared_pages++;
		else if (page->data_type == IGVM_PAGE_SECRETS)
			add_page(digest, SNP_PAGE_SECRETS, gpa, NULL);
		else if (page->data_type != IGVM_PAGE_NORMAL)
			add_page(digest, SNP_PAGE_CPUID, gpa, NULL);
		else if ((page->flags & IGVM_PAGE_FLAG_UNMEASURED) != 0)
			add_page(digest, SNP_PAGE_UNMEASURED, gpa, NULL);
		else
			add_normal(digest, gpa, contents != NULL ? contents + offset : NULL,
				native_zero);
	}
}

static void add_insert(
	struct digest *digest, const struct igvm_file *file, const struct igvm_header *header)
{
	const struct igvm_parameter_insert *insert = &header->u.insert;
	const struct igvm_area *area = igvm_find_area(file, insert->parameter_area_index);

	for (uint64_t offset = 0; offset < area->size; offset += PAGE)
		add_page(digest, SNP_PAGE_UNMEASURED, insert->gpa + offset, NULL);
}

void digest_file(
	const struct igvm_file *file, uint32_t mask, bool native_zero, struct digest *digest)
{
	struct igvm_iter iter = igvm_iter_start(file, mask);
	struct igvm_header header;

	*digest = (struct digest){0};
	while (igvm_next(&iter, &header)) {
		if (header.type == IGVM_PAGE_DATA)
			add_page_data(digest, &header, native_zero);
		else if (header.type == IGVM_PARAMETER_INSERT)
			add_insert(digest, file, &header);
		else if (header.type == IGVM_VP_CONTEXT)
			add_contents(
				digest, SNP_PAGE_VMSA, header.u.vp_context.gpa, header.data.data);
	}
}
