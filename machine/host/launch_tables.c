// SPDX-License-Identifier: MIT
// Tables that an IGVM file can ask for. Source: ACPI 6.5 section 5.2.12 (MADT); Devicetree
// Specification 0.4, chapter 5 (flattened format).
#include "machine/host/launch.h"

struct __attribute__((packed)) acpi_madt_table {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
	uint32_t local_apic_address;
	uint32_t flags;
};
ASSERT_SIZE(struct acpi_madt_table, 44);

struct __attribute__((packed)) acpi_madt_apic {
	uint8_t type, length; // 0, 8
	uint8_t processor_id;
	uint8_t apic_id;
	uint32_t flags;
};
ASSERT_SIZE(struct acpi_madt_apic, 8);

#define MADT_FLAG_PCAT	  1 // there are two 8259 as well
#define MADT_APIC_ENABLED 1
#define APIC_ADDRESS	  0xfee00000u

static uint8_t checksum(const uint8_t *bytes, size_t size)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += bytes[i];
	return (uint8_t)-sum;
}

size_t acpi_madt(uint8_t *out, size_t room)
{
	struct acpi_madt_table table = {
		.signature = {'A', 'P', 'I', 'C'},
		.length = sizeof(table) + cpu_count * sizeof(struct acpi_madt_apic),
		.revision = 3,
		.oem_id = {'C', 'O', 'P', 'R', 'A', ' '},
		.oem_table_id = {'E', 'M', 'U', 'L', 'A', 'T', 'E', 'D'},
		.oem_revision = 1,
		.creator_id = {'C', 'P', 'R', 'A'},
		.creator_revision = 1,
		.local_apic_address = APIC_ADDRESS,
		.flags = MADT_FLAG_PCAT,
	};

	if (room < table.length)
		return 0;
	memcpy(out, &table, sizeof(table));
	for (uint32_t i = 0; i < cpu_count; i++) {
		struct acpi_madt_apic apic = {
			.length = sizeof(apic),
			.processor_id = (uint8_t)i,
			.apic_id = (uint8_t)cpus[i]->apic_id,
			.flags = MADT_APIC_ENABLED,
		};

		memcpy(out + sizeof(table) + i * sizeof(apic), &apic, sizeof(apic));
	}
	out[offsetof(struct acpi_madt_table, checksum)] = checksum(out, table.length);
	return table.length;
}

// Header, no memory reservations, a root node with nothing in it. All words big-endian.
size_t device_tree_empty(uint8_t *out, size_t room)
{
	enum {
		HEADER = 40,
		RESERVATIONS = 16,
		STRUCTURE = 16,
		TOTAL = HEADER + RESERVATIONS + STRUCTURE
	};
	static const uint32_t words[TOTAL / 4] = {
		0xd00dfeed, TOTAL,
		HEADER + RESERVATIONS, // offset of the structure block
		TOTAL,		       // offset of the strings: none
		HEADER,		       // offset of the reservations
		17, 16,		       // version, last compatible version
		0, 0, STRUCTURE,       // boot CPU, size of strings, size of the structure block
		0, 0, 0, 0,	       // end of the reservations
		1, 0, 2, 9,	       // begin node with empty name, end node, end
	};

	if (room < sizeof(words))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		uint32_t word = __builtin_bswap32(words[i]);

		memcpy(out + i * sizeof(word), &word, sizeof(word));
	}
	return sizeof(words);
}
