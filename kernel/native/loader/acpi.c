// SPDX-License-Identifier: MIT
// From the RSDP to the MADT. The tables are QEMU's and SeaBIOS's; every length is checked all the
// same, since a wrong one would show as something else much later.
#include "hw/acpi.h"
#include "kernel/madt.h"
#include "kernel/native/loader/loader.h"

#define MADT_CPUS_MAX 256

static bool sum_is_zero(struct bytes bytes)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < bytes.size; i++)
		sum = (uint8_t)(sum + bytes.data[i]);
	return sum == 0;
}

static struct bytes read_table(uint64_t address, const char *what)
{
	struct acpi_header header = {0};
	struct bytes table = memory_span(address, sizeof(header), what);

	memcpy(&header, table.data, sizeof(header));
	if (header.length < sizeof(header))
		loader_fail("%s at 0x%llx: length %u is less than its header's", what,
			(unsigned long long)address, header.length);
	table = memory_span(address, header.length, what);
	if (!sum_is_zero(table))
		loader_fail("%s at 0x%llx: wrong checksum", what, (unsigned long long)address);
	return table;
}

// The root table, and how many bytes an address has in it.
static struct bytes read_root(uint64_t address, size_t *width)
{
	struct acpi_rsdp rsdp = {0};
	struct bytes bytes = memory_span(address, ACPI_RSDP_V1_SIZE, "ACPI RSDP");

	memcpy(&rsdp, bytes.data, bytes.size);
	if (rsdp.signature != ACPI_RSDP_SIGNATURE || !sum_is_zero(bytes))
		loader_fail("ACPI RSDP at 0x%llx: wrong signature or checksum",
			(unsigned long long)address);
	if (rsdp.revision >= 2) {
		bytes = memory_span(address, sizeof(rsdp), "ACPI RSDP");
		memcpy(&rsdp, bytes.data, sizeof(rsdp));
	}
	*width = rsdp.xsdt != 0 ? 8 : 4;
	return rsdp.xsdt != 0 ? read_table(rsdp.xsdt, "ACPI XSDT")
			      : read_table(rsdp.rsdt, "ACPI RSDT");
}

static struct bytes find_table(uint64_t rsdp, uint32_t signature)
{
	size_t width = 0;
	struct bytes root = read_root(rsdp, &width);

	for (size_t at = sizeof(struct acpi_header); at + width <= root.size; at += width) {
		uint64_t address = 0;
		uint32_t found = 0;

		memcpy(&address, root.data + at, width);
		struct bytes table = read_table(address, "ACPI table");

		if (get_le32(table, 0, &found) && found == signature)
			return table;
	}
	return (struct bytes){0};
}

size_t acpi_copy_madt(uint64_t rsdp, uint8_t *area, size_t size)
{
	static uint32_t ids[MADT_CPUS_MAX];
	size_t count = 0;

	if (rsdp == 0)
		return 0;
	struct bytes madt = find_table(rsdp, ACPI_SIGNATURE_MADT);

	if (bytes_is_empty(madt))
		return 0;
	if (madt.size > size)
		loader_fail("the MADT has %zu bytes; there is room for %zu", madt.size, size);
	memcpy(area, madt.data, madt.size);
	if (madt_read_apic_ids(madt, ids, MADT_CPUS_MAX, &count) != OK)
		loader_fail("the MADT breaks its format, or has more than %d CPUs", MADT_CPUS_MAX);
	return count;
}
