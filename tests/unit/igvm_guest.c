// SPDX-License-Identifier: MIT
#include "tests/unit/igvm_guest.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/igvm_tool.h"

uint8_t *guest_region(struct guest *guest, uint64_t gpa)
{
	assert_true(gpa >= KERNEL_GPA && gpa < KERNEL_GPA + KERNEL_REGION_SIZE);
	return guest->region + (gpa - KERNEL_GPA);
}

static void load_page(struct guest *guest, const struct igvm_header *header)
{
	const struct igvm_page_data *page = &header->u.page;

	assert_int_equal(page->flags, 0);
	if (page->gpa >= GIB(3)) {
		assert_int_equal(
			page->gpa, GIB(4) - FIRMWARE_SIZE + guest->firmware_pages++ * PAGE);
		return;
	}
	if (!bytes_is_empty(header->data))
		memcpy(guest_region(guest, page->gpa), header->data.data, PAGE);
	guest->type[(page->gpa - KERNEL_GPA) / PAGE] = (uint8_t)(page->data_type + 1);
}

void guest_load(struct guest *guest)
{
	struct igvm_header header;
	struct igvm_error error;
	struct igvm_iter iter;

	memset(guest, 0, sizeof(*guest));
	guest->bytes = tool_read("out.igvm");
	guest->region = calloc(1, KERNEL_REGION_SIZE);
	assert_true(igvm_open(guest->bytes, &guest->file, &error));
	iter = igvm_iter_start(&guest->file, 1);
	while (igvm_next(&iter, &header)) {
		if (header.type == IGVM_PAGE_DATA)
			load_page(guest, &header);
		else if (header.type == IGVM_PARAMETER_INSERT)
			guest->type[(header.u.insert.gpa - KERNEL_GPA) / PAGE] =
				(uint8_t)(0x80 + header.u.insert.parameter_area_index);
		else if (header.type == IGVM_GUEST_POLICY)
			guest->policy = header.u.policy.policy;
		else if (header.type == IGVM_VP_CONTEXT)
			memcpy(&guest->vmsa, header.data.data, sizeof(guest->vmsa));
	}
	memcpy(&guest->info, guest_region(guest, guest->vmsa.rsi), sizeof(guest->info));
}

void guest_unload(struct guest *guest)
{
	unit_free(guest->bytes);
	free(guest->region);
}

struct guest *guest_build(void)
{
	static struct guest guest;
	struct kernel_sample kernel;
	struct firmware firmware;

	kernel_sample_init(&kernel);
	firmware_init(&firmware);
	assert_int_equal(tool_build(&kernel, &firmware), 0);
	guest_load(&guest);
	return &guest;
}
