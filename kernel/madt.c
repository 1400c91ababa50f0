// SPDX-License-Identifier: MIT
#include "kernel/madt.h"

#define MADT_SIGNATURE	    0x43495041 // "APIC"
#define MADT_LENGTH_OFFSET  4
#define MADT_ENTRIES_OFFSET 44
#define MADT_LOCAL_APIC	    0 // 8 bytes: type, length, uid, id, u32 flags
#define MADT_LOCAL_X2APIC   9 // 16 bytes: type, length, u16, u32 id, u32 flags, u32 uid
#define MADT_ENABLED	    1u

// Whether the entry is a usable CPU, and its APIC id.
static bool entry_apic_id(struct bytes entry, uint32_t *id)
{
	uint32_t flags = 0;

	if (entry.data[0] == MADT_LOCAL_APIC && entry.size >= 8) {
		*id = entry.data[3];
		return get_le32(entry, 4, &flags) && (flags & MADT_ENABLED) != 0;
	}
	if (entry.data[0] == MADT_LOCAL_X2APIC && entry.size >= 16)
		return get_le32(entry, 4, id) && get_le32(entry, 8, &flags) &&
		       (flags & MADT_ENABLED) != 0;
	return false;
}

enum error madt_read_apic_ids(struct bytes table, uint32_t *ids, size_t max, size_t *count)
{
	uint32_t signature = 0;
	uint32_t length = 0;
	uint64_t offset = MADT_ENTRIES_OFFSET;

	*count = 0;
	if (!get_le32(table, 0, &signature) || signature != MADT_SIGNATURE ||
		!get_le32(table, MADT_LENGTH_OFFSET, &length) ||
		!bytes_slice(table, 0, length, &table))
		return ERR_FORMAT;
	while (offset < table.size) {
		struct bytes entry = {0};
		uint8_t size = 0;
		uint32_t id = 0;

		if (!bytes_read(table, offset + 1, &size, 1) || size < 2 ||
			!bytes_slice(table, offset, size, &entry))
			return ERR_FORMAT;
		offset += size;
		if (!entry_apic_id(entry, &id))
			continue;
		if (*count == max)
			return ERR_LIMIT;
		ids[(*count)++] = id;
	}
	return OK;
}
