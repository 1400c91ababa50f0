// SPDX-License-Identifier: MIT
// The layout that the native loader makes, checked against abi/boot.h, as test_build.c checks the
// IGVM builder's; and what it takes.
#include "tests/unit/native/given.h"

#include <string.h>

#include "hw/igvm.h"
#include "kernel/native/start_cpu.h"
#include "tests/unit/tables.h"

static const struct boot_info *load_good(void)
{
	const struct boot_info *info = NULL;

	give();
	info = load(address_of(&given->start));
	if (info == NULL)
		print_message("# %s", said);
	assert_non_null(info);
	return info;
}

static uint64_t read_here(void *memory, uint64_t gpa)
{
	(void)memory;
	return *(const uint64_t *)gpa;
}

static uint64_t walk(const struct boot_info *info, uint64_t va)
{
	return tables_walk(info, va, read_here, NULL);
}

static void maps_every_page_as_promised(void **context)
{
	const struct boot_info *info = load_good();
	uint64_t mapped = 2; // the loader's first page, and the page of other CPUs

	(void)context;
	for (uint64_t va = KERNEL_VA; va - KERNEL_VA < KERNEL_REGION_SIZE; va += PAGE) {
		assert_int_equal(walk(info, va), tables_expected_leaf(info, va));
		mapped += walk(info, va) != 0;
	}
	assert_int_equal(walk(info, NATIVE_LOADER_GPA), LEAF_RX | NATIVE_LOADER_GPA);
	assert_int_equal(walk(info, TRAMPOLINE_GPA), LEAF_RX | TRAMPOLINE_GPA);
	// All else is unmapped: as many present entries as mapped pages and tables below the root.
	assert_int_equal(tables_count_present(info, read_here, NULL),
		mapped + (info->tables_end_gpa - info->tables_gpa) / PAGE - 1);
}

static void describes_itself(void **context)
{
	const struct boot_info *info = load_good();

	(void)context;
	assert_int_equal((uintptr_t)info, KERNEL_GPA + 0x7000);
	assert_int_equal(info->magic, BOOT_INFO_MAGIC);
	assert_int_equal(info->version, BOOT_INFO_VERSION);
	assert_int_equal(info->size, sizeof(*info));
	assert_int_equal(info->region.gpa, KERNEL_GPA);
	assert_int_equal(info->region.size, KERNEL_REGION_SIZE);
	assert_int_equal(info->heap_gpa, info->tables_end_gpa);
	assert_int_equal(info->stack_top_va, info->stack_guard_va + PAGE + BOOT_STACK_SIZE);
	assert_int_equal(info->segment_count, 3);
	assert_int_equal(info->segments[0].size, 0x2000);
	assert_int_equal(info->segments[2].va, KERNEL_VA + 0x4000);
	assert_int_equal(info->firmware.image.size, 0);
	assert_int_equal(info->ksyms.size, 6);
	assert_string_equal((const char *)info->ksyms.gpa, "names");
	for (uint64_t at = info->secrets_gpa; at < info->secrets_gpa + PAGE; at++)
		assert_int_equal(*(const uint8_t *)at, 0);
}

static void hands_over_what_it_was_given(void **context)
{
	const struct boot_info *info = load_good();
	const struct igvm_memory_map_entry *map = (const void *)info->memory_map.gpa;
	const struct snp_cpuid_page *cpuid = (const void *)info->cpuid_gpa;

	(void)context;
	// Whole pages of usable memory only
	assert_int_equal(map[0].starting_gpa_page_number, 0);
	assert_int_equal(map[0].number_of_pages, 0x9f);
	assert_int_equal(map[0].entry_type, IGVM_MEMORY_NORMAL);
	assert_int_equal(map[1].starting_gpa_page_number, 0x101);
	assert_int_equal(map[1].number_of_pages, 0x1feff);
	assert_int_equal(map[2].starting_gpa_page_number, 0x100000);
	assert_int_equal(map[2].number_of_pages, 0x40000);
	assert_int_equal(map[3].number_of_pages, 0);
	assert_memory_equal(
		(const void *)info->madt.gpa, (const void *)&given->madt, sizeof(given->madt));
	assert_int_equal(*(const uint32_t *)info->general_gpa, 2);
	assert_true(cpuid->count >= 3 && cpuid->count <= SNP_CPUID_ENTRIES_MAX);
	assert_int_equal(cpuid->entry[1].eax_in, 1);
	assert_true((cpuid->entry[1].edx & BIT(25)) != 0); // SSE, which every x86-64 has
}

static uint32_t count_loaded(void)
{
	const struct boot_info *info = load(address_of(&given->start));

	if (info == NULL)
		print_message("# %s", said);
	assert_non_null(info);
	return *(const uint32_t *)info->general_gpa;
}

static void takes_what_acpi_allows(void **context)
{
	(void)context;
	give();
	given->rsdp.revision = 2;
	given->rsdp.xsdt = address_of(&given->xsdt);
	given->rsdp.rsdt = 0;
	fix_sums();
	assert_int_equal(count_loaded(), 2);

	give();
	given->start.rsdp = 0;
	assert_int_equal(count_loaded(), 0);

	give();
	given->rsdt.tables[1] = address_of(&given->other);
	fix_sums();
	assert_int_equal(count_loaded(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_every_page_as_promised),
		cmocka_unit_test(describes_itself),
		cmocka_unit_test(hands_over_what_it_was_given),
		cmocka_unit_test(takes_what_acpi_allows),
	};

	return cmocka_run_group_tests_name("native loader", tests, map_all, NULL);
}
