// SPDX-License-Identifier: MIT
// The SVSM's reader of the host's MADT. The input is the table with the right signature and length
// put in, and as it is.
#include <string.h>

#include "kernel/madt.h"
#include "tests/fuzz/fuzz.h"

#define ENTRIES 44
#define IDS_MAX 16

// The ids by another way: by entry, without the reader. -1: the entries do not add up.
static long count_ids(const uint8_t *table, size_t length, uint32_t ids[], size_t max)
{
	size_t count = 0;

	for (size_t at = ENTRIES; at < length; at += table[at + 1]) {
		uint32_t id = 0;
		uint32_t flags = 0;

		if (at + 2 > length || table[at + 1] < 2 || at + table[at + 1] > length)
			return -1;
		if (table[at] == 0 && table[at + 1] >= 8) {
			id = table[at + 3];
			memcpy(&flags, table + at + 4, 4);
		} else if (table[at] == 9 && table[at + 1] >= 16) {
			memcpy(&id, table + at + 4, 4);
			memcpy(&flags, table + at + 8, 4);
		}
		if ((flags & 1) == 0)
			continue;
		if (count == max)
			return (long)max + 1;
		ids[count++] = id;
	}
	return (long)count;
}

static void read_table(struct bytes table)
{
	uint32_t ids[IDS_MAX] = {0};
	uint32_t expected[IDS_MAX] = {0};
	size_t count = 0;
	enum error err = madt_read_apic_ids(table, ids, IDS_MAX, &count);
	uint32_t length = 0;
	long found = -1;

	FUZZ_CHECK(err == OK || err == ERR_FORMAT || err == ERR_LIMIT);
	FUZZ_CHECK(count <= IDS_MAX);
	if (table.size >= 8 && memcmp(table.data, "APIC", 4) == 0) {
		memcpy(&length, table.data + 4, 4);
		if (length <= table.size)
			found = count_ids(table.data, length, expected, IDS_MAX);
	}
	FUZZ_CHECK((err == OK) == (found >= 0 && found <= IDS_MAX));
	FUZZ_CHECK((err == ERR_LIMIT) == (found > IDS_MAX));
	if (err == OK)
		FUZZ_CHECK((long)count == found && memcmp(ids, expected, sizeof(ids)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes table = fuzz_copy(data, size);

	read_table(table);
	if (size >= 8) {
		uint32_t length = (uint32_t)size;

		memcpy((void *)(uintptr_t)table.data, "APIC", 4);
		memcpy((uint8_t *)(uintptr_t)table.data + 4, &length, 4);
		read_table(table);
	}
	fuzz_free(table);
	return 0;
}
