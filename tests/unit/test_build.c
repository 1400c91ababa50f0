// SPDX-License-Identifier: MIT
// What `copra-igvm build` lays out, checked against abi/boot.h by a reader that loads the file as a
// host would and walks the page tables as a processor would.
#include <string.h>

#include "tests/unit/igvm_guest.h"
#include "tests/unit/igvm_tool.h"
#include "tests/unit/tables.h"

static uint64_t read_region(void *guest, uint64_t gpa)
{
	uint64_t entry = 0;

	memcpy(&entry, guest_region(guest, gpa), sizeof(entry));
	return entry;
}

static uint64_t walk(struct guest *guest, uint64_t va)
{
	return tables_walk(&guest->info, va, read_region, guest);
}

static void maps_every_page_as_promised(void **context)
{
	struct guest *guest = guest_build();
	uint64_t mapped = 1; // the 32-bit entry
	uint64_t tables;

	(void)context;
	for (uint64_t va = KERNEL_VA; va - KERNEL_VA < KERNEL_REGION_SIZE; va += PAGE) {
		uint64_t entry = walk(guest, va);

		assert_int_equal(entry, tables_expected_leaf(&guest->info, va));
		mapped += entry != 0;
	}
	assert_int_equal(walk(guest, KERNEL_GPA), LEAF_RX | KERNEL_GPA);
	// All else is unmapped: as many present entries as mapped pages and tables below the root.
	tables = (guest->info.tables_end_gpa - guest->info.tables_gpa) / PAGE;
	assert_int_equal(
		tables_count_present(&guest->info, read_region, guest), mapped + tables - 1);
	assert_int_equal(walk(guest, 0), 0);
	guest_unload(guest);
}

static void loads_the_image(void **context)
{
	struct guest *guest = guest_build();

	(void)context;
	for (size_t i = 0; i < 0x1800; i++)
		assert_int_equal(guest->region[i], 0xcc);
	assert_true(bytes_is_zero(bytes_make(guest->region + 0x1800, 0x800)));
	assert_int_equal(guest->region[0x201f], 0x11);
	assert_int_equal(guest->region[0x40ff], 0x22);
	assert_true(bytes_is_zero(bytes_make(guest->region + 0x4100, 0x2f00)));
	for (uint64_t page = 0; page < 7; page++)
		assert_int_equal(guest->type[page], page == 3 ? 0 : IGVM_PAGE_NORMAL + 1);
	assert_int_equal(guest->firmware_pages, FIRMWARE_SIZE / PAGE);
	assert_int_equal(guest->policy, 0x30000);
	guest_unload(guest);
}

static uint8_t type_at(const struct guest *guest, uint64_t gpa)
{
	return guest->type[(gpa - KERNEL_GPA) / PAGE];
}

static void describes_itself(void **context)
{
	struct guest *guest = guest_build();
	const struct boot_info *info = &guest->info;

	(void)context;
	assert_int_equal(info->magic, BOOT_INFO_MAGIC);
	assert_int_equal(info->version, BOOT_INFO_VERSION);
	assert_int_equal(info->size, sizeof(*info));
	assert_int_equal(info->region.gpa, KERNEL_GPA);
	assert_int_equal(info->region.size, KERNEL_REGION_SIZE);
	assert_int_equal(info->vp_count_max, 16);
	assert_int_equal(type_at(guest, info->cpuid_gpa), IGVM_PAGE_CPUID_DATA + 1);
	assert_int_equal(type_at(guest, info->secrets_gpa), IGVM_PAGE_SECRETS + 1);
	assert_int_equal(type_at(guest, info->general_gpa), 0x80);
	assert_int_equal(type_at(guest, info->memory_map.gpa), 0x81);
	assert_int_equal(type_at(guest, info->madt.gpa), 0x82);
	assert_int_equal(type_at(guest, info->device_tree.gpa), 0x83);
	assert_int_equal(info->stack_top_va, info->stack_guard_va + PAGE + BOOT_STACK_SIZE);
	assert_int_equal(type_at(guest, info->stack_guard_va - KERNEL_VA + KERNEL_GPA), 0);
	assert_int_equal(info->heap_gpa, info->tables_end_gpa);
	for (uint64_t gpa = info->heap_gpa; gpa < KERNEL_GPA + KERNEL_REGION_SIZE; gpa += PAGE)
		assert_int_equal(type_at(guest, gpa), 0);
	for (uint64_t gpa = guest->vmsa.rsi; gpa < info->heap_gpa; gpa += PAGE)
		assert_true(type_at(guest, gpa) != 0 ||
			    gpa - KERNEL_GPA + KERNEL_VA == info->stack_guard_va);
	assert_int_equal(info->segment_count, 3);
	assert_int_equal(info->segments[0].va, KERNEL_VA);
	assert_int_equal(info->segments[0].size, 0x2000);
	assert_int_equal(info->segments[0].flags, BOOT_SEGMENT_R | BOOT_SEGMENT_X);
	assert_int_equal(info->segments[2].va, KERNEL_VA + 0x4000);
	assert_int_equal(info->segments[2].size, 0x3000);
	assert_int_equal(info->segments[2].flags, BOOT_SEGMENT_R | BOOT_SEGMENT_W);
	guest_unload(guest);
}

static void describes_the_firmware(void **context)
{
	struct guest *guest = guest_build();
	const struct boot_firmware *firmware = &guest->info.firmware;

	(void)context;
	assert_int_equal(firmware->image.gpa, GIB(4) - FIRMWARE_SIZE);
	assert_int_equal(firmware->image.size, FIRMWARE_SIZE);
	assert_int_equal(firmware->reset_vector_gpa, 0xfffffff0);
	assert_int_equal(firmware->secrets_gpa, 0x80d000);
	assert_int_equal(firmware->cpuid_gpa, 0x80e000);
	assert_int_equal(firmware->caa_gpa, 0x80f000);
	assert_int_equal(firmware->memory_map.gpa, 0x812000);
	assert_int_equal(firmware->memory_map.size, 192);
	assert_int_equal(firmware->vp_count_gpa, 0x8120c0);
	assert_int_equal(firmware->prevalidate_count, 2);
	assert_int_equal(firmware->prevalidate[1].gpa, 0x80a000);
	assert_int_equal(firmware->prevalidate[1].size, 0x26000);
	guest_unload(guest);
}

static void starts_the_first_vcpu(void **context)
{
	struct guest *guest = guest_build();
	const struct vmsa *vmsa = &guest->vmsa;

	(void)context;
	assert_int_equal(vmsa->rip, KERNEL_GPA + 0x40);
	assert_int_equal(vmsa->rsi, KERNEL_GPA + 0x7000);
	assert_int_equal(vmsa->cs.attrib, 0xc9b);
	assert_int_equal(vmsa->ss.attrib, 0xc93);
	assert_int_equal(vmsa->cs.limit, 0xffffffff);
	assert_int_equal(vmsa->cr0, 0x31);
	assert_int_equal(vmsa->cr3, 0);
	assert_int_equal(vmsa->cr4, 0x60);
	assert_int_equal(vmsa->efer, 0x1000);
	assert_int_equal(vmsa->rflags, 2);
	assert_int_equal(vmsa->dr6, 0xffff0ff0);
	assert_int_equal(vmsa->dr7, 0x400);
	assert_int_equal(vmsa->xcr0, 1);
	assert_int_equal(vmsa->g_pat, 0x0007040600070406);
	assert_int_equal(vmsa->mxcsr, 0x1f80);
	assert_int_equal(vmsa->x87_fcw, 0x37f);
	assert_int_equal(vmsa->sev_features, 0x29);
	assert_int_equal(vmsa->vmpl, 0);
	assert_int_equal(vmsa->rsp, 0);
	guest_unload(guest);
}

static void lists_functions(void **context)
{
	static const char *const names[] = {"entry32", "first", "second"};
	static const uint32_t offsets[] = {0x40, 0x1000, 0x1200, 0x2000};
	struct guest *guest = guest_build();
	const struct boot_range *range = &guest->info.ksyms;
	const struct boot_ksym *table = (const void *)guest_region(guest, range->gpa);

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(table[i].offset, offsets[i]);
		assert_true(table[i].name_offset < range->size);
		assert_string_equal((const char *)table + table[i].name_offset, names[i]);
	}
	assert_int_equal(table[3].name_offset, 0);
	assert_int_equal(table[3].offset, offsets[3]);
	guest_unload(guest);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_every_page_as_promised),
		cmocka_unit_test(loads_the_image),
		cmocka_unit_test(describes_itself),
		cmocka_unit_test(describes_the_firmware),
		cmocka_unit_test(starts_the_first_vcpu),
		cmocka_unit_test(lists_functions),
	};

	if (!tool_start(argc, argv))
		return 2;
	return cmocka_run_group_tests_name("build", tests, NULL, tool_end);
}
