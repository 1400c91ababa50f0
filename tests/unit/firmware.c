// SPDX-License-Identifier: MIT
#include "tests/unit/firmware.h"

#include <string.h>

#define SEV_OFFSET  0x1000
#define IGVM_OFFSET 0x1800

static void set_count(struct ovmf_metadata *metadata, uint32_t count)
{
	metadata->section_count = count;
	metadata->length = (uint32_t)(sizeof(*metadata) + count * sizeof(struct ovmf_section));
}

void firmware_add_sev(struct firmware *firmware, uint32_t type, uint32_t base, uint32_t size)
{
	uint32_t count = firmware->sev.section_count;

	firmware->sev_sections[count] = (struct ovmf_section){base, size, type};
	set_count(&firmware->sev, count + 1);
}

void firmware_init(struct firmware *firmware)
{
	static const uint8_t footer[] = OVMF_GUID_TABLE_FOOTER;

	*firmware = (struct firmware){
		.sev = {.signature = OVMF_SIGNATURE_SEV, .version = OVMF_METADATA_VERSION},
		.igvm = {.signature = OVMF_SIGNATURE_IGVM, .version = OVMF_METADATA_VERSION},
		.igvm_sections =
			{
				{0x812000, 0x1000, OVMF_IGVM_PARAMETER_AREA},
				{0, 192, OVMF_IGVM_MEMORY_MAP},
				{192, 16, OVMF_IGVM_VP_COUNT},
				{0x813000, 0x1000, OVMF_IGVM_HOB_AREA},
			},
		.reset = {.ip = 0x1234, .cs_base_high = 0x80},
		.sev_entry_length =
			sizeof(struct ovmf_metadata_offset) + sizeof(struct ovmf_entry_footer),
	};
	firmware_add_sev(firmware, OVMF_SEV_MEMORY, 0x800000, 0x9000);
	firmware_add_sev(firmware, OVMF_SEV_MEMORY, 0x80a000, 0x3000);
	firmware_add_sev(firmware, OVMF_SEV_SECRETS, 0x80d000, 0x1000);
	firmware_add_sev(firmware, OVMF_SEV_CPUID, 0x80e000, 0x1000);
	firmware_add_sev(firmware, OVMF_SEV_CAA, 0x80f000, 0x1000);
	firmware_add_sev(firmware, OVMF_SEV_MEMORY, 0x811000, 0x1f000);
	firmware_add_sev(firmware, OVMF_SEV_KERNEL_HASHES, 0x810000, 0x1000);
	set_count(&firmware->igvm, 4);
	memcpy(firmware->table_guid, footer, sizeof(footer));
}

// The table grows towards lower addresses: each entry is put in front of the last one.
struct table {
	uint8_t *image;
	size_t at;
};

static void prepend(struct table *table, const void *data, size_t size)
{
	table->at -= size;
	memcpy(table->image + table->at, data, size);
}

static void prepend_entry(struct table *table, const uint8_t guid[OVMF_GUID_SIZE], uint16_t length,
	const void *data, size_t size)
{
	struct ovmf_entry_footer footer = {.length = length};

	memcpy(footer.guid, guid, sizeof(footer.guid));
	prepend(table, &footer, sizeof(footer));
	prepend(table, data, size);
}

static void add_entries(const struct firmware *firmware, struct table *table)
{
	static const uint8_t sev[] = OVMF_GUID_SEV_METADATA;
	static const uint8_t igvm[] = OVMF_GUID_IGVM_METADATA;
	static const uint8_t reset[] = OVMF_GUID_SEV_ES_RESET;
	static const uint8_t unknown[OVMF_GUID_SIZE] = {1, 2, 3};
	const uint16_t footer_size = sizeof(struct ovmf_entry_footer);
	struct ovmf_metadata_offset sev_offset = {FIRMWARE_SIZE - SEV_OFFSET};
	struct ovmf_metadata_offset igvm_offset = {FIRMWARE_SIZE - IGVM_OFFSET};

	if (firmware->sev_from_end != 0)
		sev_offset.from_end = firmware->sev_from_end;
	if (firmware->igvm_from_end != 0)
		igvm_offset.from_end = firmware->igvm_from_end;
	prepend_entry(table, reset, footer_size + sizeof(firmware->reset), &firmware->reset,
		sizeof(firmware->reset));
	prepend_entry(table, unknown, footer_size + 8, "whatever", 8);
	for (int i = firmware->no_sev ? 2 : firmware->sev_twice ? 0 : 1; i < 2; i++)
		prepend_entry(
			table, sev, firmware->sev_entry_length, &sev_offset, sizeof(sev_offset));
	prepend_entry(
		table, igvm, footer_size + sizeof(igvm_offset), &igvm_offset, sizeof(igvm_offset));
	if (firmware->empty_entry)
		prepend_entry(table, unknown, footer_size, "", 0);
}

struct bytes firmware_make(const struct firmware *firmware)
{
	static const uint8_t blank[FIRMWARE_SIZE];
	struct bytes bytes = unit_copy(blank, FIRMWARE_SIZE);
	uint8_t *image = unit_data(bytes);
	size_t end = FIRMWARE_SIZE - OVMF_TABLE_END_FROM_IMAGE_END;
	struct ovmf_entry_footer footer = {0};
	struct table table = {image, end - sizeof(footer)};

	memcpy(image + SEV_OFFSET, &firmware->sev, sizeof(firmware->sev));
	memcpy(image + SEV_OFFSET + sizeof(firmware->sev), firmware->sev_sections,
		sizeof(firmware->sev_sections));
	memcpy(image + IGVM_OFFSET, &firmware->igvm, sizeof(firmware->igvm));
	memcpy(image + IGVM_OFFSET + sizeof(firmware->igvm), firmware->igvm_sections,
		sizeof(firmware->igvm_sections));
	add_entries(firmware, &table);
	footer.length = (uint16_t)(end - table.at);
	if (firmware->table_length != 0)
		footer.length = firmware->table_length;
	memcpy(footer.guid, firmware->table_guid, sizeof(footer.guid));
	memcpy(image + end - sizeof(footer), &footer, sizeof(footer));
	return bytes;
}
