// SPDX-License-Identifier: MIT
// How ACPI tables are found. Source: ACPI specification 6.5, section 5.2.
#ifndef HW_ACPI_H
#define HW_ACPI_H

#include "hw/assert.h"

// Section 5.2.5.3; what follows `rsdt` is there from revision 2 on.
#define ACPI_RSDP_SIGNATURE 0x2052545020445352ull // "RSD PTR "
#define ACPI_RSDP_V1_SIZE   20

struct __attribute__((packed)) acpi_rsdp {
	uint64_t signature;
	uint8_t checksum; // of the first 20 bytes
	uint8_t oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum;
	uint8_t reserved[3];
};
ASSERT_SIZE(struct acpi_rsdp, 36);
ASSERT_OFFSET(struct acpi_rsdp, rsdt, 16);
ASSERT_OFFSET(struct acpi_rsdp, xsdt, 24);

// Section 5.2.6; RSDT and XSDT go on with addresses of tables, of 4 and of 8 bytes.
#define ACPI_SIGNATURE_RSDT 0x54445352 // "RSDT"
#define ACPI_SIGNATURE_XSDT 0x54445358 // "XSDT"
#define ACPI_SIGNATURE_MADT 0x43495041 // "APIC"

struct __attribute__((packed)) acpi_header {
	uint32_t signature;
	uint32_t length; // of the whole table
	uint8_t revision;
	uint8_t checksum; // makes the sum of all bytes 0
	uint8_t oem_id[6];
	uint8_t oem_table_id[8];
	uint32_t oem_revision;
	uint32_t creator_id;
	uint32_t creator_revision;
};
ASSERT_SIZE(struct acpi_header, 36);

#endif
