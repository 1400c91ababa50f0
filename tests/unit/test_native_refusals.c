// SPDX-License-Identifier: MIT
// What the native loader refuses, and what it says then.
#include "tests/unit/native/given.h"

#include <string.h>

#include "kernel/native/start_cpu.h"

#define assert_refused(statement, message)                                                         \
	do {                                                                                       \
		give();                                                                            \
		statement;                                                                         \
		assert_null(load(address_of(&given->start)));                                      \
		if (strstr(said, message) == NULL)                                                 \
			fail_msg("no \"%s\" in: %s", message, said);                               \
	} while (0)

// The same, with the sums put right again.
#define assert_refused_summed(statement, message)                                                  \
	assert_refused(                                                                            \
		{                                                                                  \
			statement;                                                                 \
			fix_sums();                                                                \
		},                                                                                 \
		message)

static void refuses_bad_start_information(void **context)
{
	(void)context;
	give();
	assert_null(load(0));
	assert_non_null(strstr(said, "start information: 56 bytes at 0x0"));
	assert_null(load(GIB(4) - 55));
	assert_non_null(strstr(said, "not an address below 4 GiB"));
	assert_refused(given->start.magic++, "PVH's number");
	assert_refused(given->start.version = 0, "no usable memory map");
	assert_refused(given->start.memmap_count = 0, "no usable memory map");
	assert_refused(given->start.memmap_count = 129, "129 entries");
	assert_refused(given->start.memmap = 0, "memory map: 96 bytes at 0x0");
	assert_refused(given->start.memmap = GIB(4) - 95, "not an address below 4 GiB");
	assert_refused(given->start.memmap = UINT64_MAX - 95, "not an address below 4 GiB");
}

static void refuses_too_little_memory(void **context)
{
	(void)context;
	assert_refused(given->memmap[2].size = KERNEL_GPA + KERNEL_REGION_SIZE - 0x100002,
		"no usable memory at 0x8000000-0x8ffffff");
	assert_refused(given->memmap[2].start = KERNEL_GPA + 1, "0x8000000-0x8ffffff");
	assert_refused(given->memmap[2].type = 2, "0x8000000-0x8ffffff");
	assert_refused(given->memmap[2].size = UINT64_MAX, "0x8000000-0x8ffffff");
	assert_refused(given->memmap[0].size = TRAMPOLINE_GPA + PAGE - 1, "0x8000-0x8fff");
}

static void refuses_bad_acpi_tables(void **context)
{
	(void)context;
	assert_refused(given->start.rsdp = GIB(4) - 19, "ACPI RSDP: 20 bytes");
	assert_refused_summed(given->rsdp.signature++, "wrong signature");
	assert_refused(given->rsdp.oem_id[0]++, "wrong signature or checksum");
	assert_refused_summed(given->rsdp.rsdt = 0, "ACPI RSDT: 36 bytes at 0x0");
	assert_refused_summed(given->rsdp.rsdt = 0xffffffff, "ACPI RSDT: 36 bytes");
	assert_refused(given->rsdt.header.length = 35, "length 35 is less");
	assert_refused(given->rsdt.header.length = 0xffffffff, "not an address below 4 GiB");
	assert_refused(given->rsdt.tables[0]++, "ACPI RSDT at 0x2000");
	assert_refused_summed(given->rsdt.tables[0] = 0, "ACPI table: 36 bytes at 0x0");
	assert_refused(given->madt.flags++, "wrong checksum");
	assert_refused_summed(given->madt.entries[1][1] = 1, "the MADT breaks its format");
	assert_refused_summed(given->madt.entries[2][1] = 9, "the MADT breaks its format");
}

static void refuses_a_madt_without_room(void **context)
{
	struct acpi_header *large = NULL;

	(void)context;
	give();
	large = (struct acpi_header *)LOW;
	fix_table(large, ACPI_SIGNATURE_MADT, BOOT_PARAM_PAGE_SIZE + 1);
	given->rsdt.tables[0] = address_of(large);
	fix_sums();
	assert_null(load(address_of(&given->start)));
	assert_non_null(strstr(said, "the MADT has 4097 bytes; there is room for 4096"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_bad_start_information),
		cmocka_unit_test(refuses_too_little_memory),
		cmocka_unit_test(refuses_bad_acpi_tables),
		cmocka_unit_test(refuses_a_madt_without_room),
	};

	return cmocka_run_group_tests_name("native loader: refusals", tests, map_all, NULL);
}
