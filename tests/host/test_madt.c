// SPDX-License-Identifier: MIT
// APIC ids out of the host's MADT, in memory of exactly its size.
#include "kernel/madt.h"
#include "tests/host/host.h"

#define HEADER 44

struct table {
	uint8_t bytes[512];
	size_t size;
};

static struct table table_make(void)
{
	struct table table = {.size = HEADER};

	memcpy(table.bytes, "APIC", 4);
	return table;
}

static void add_entry(struct table *table, const uint8_t *entry, size_t size)
{
	memcpy(table->bytes + table->size, entry, size);
	table->size += size;
}

static void add_apic(struct table *table, uint8_t id, uint8_t flags)
{
	const uint8_t entry[8] = {0, 8, 1, id, flags};

	add_entry(table, entry, sizeof(entry));
}

static void add_x2apic(struct table *table, uint32_t id, uint8_t flags)
{
	uint8_t entry[16] = {9, 16, 0, 0, 0, 0, 0, 0, flags};

	memcpy(entry + 4, &id, sizeof(id));
	add_entry(table, entry, sizeof(entry));
}

static enum error read(
	struct table *table, uint32_t length, uint32_t *ids, size_t max, size_t *count)
{
	memcpy(table->bytes + 4, &length, sizeof(length));
	struct bytes copy = unit_copy(table->bytes, table->size);
	enum error err = madt_read_apic_ids(copy, ids, max, count);

	unit_free(copy);
	return err;
}

static void reads_enabled_cpus(void **context)
{
	static const uint8_t io_apic[12] = {1, 12};
	struct table table = table_make();
	uint32_t ids[8] = {0};
	size_t count = 0;

	(void)context;
	add_apic(&table, 7, 1);
	add_apic(&table, 8, 0); // not enabled
	add_entry(&table, io_apic, sizeof(io_apic));
	add_x2apic(&table, 0x12345, 1);
	add_x2apic(&table, 0x12346, 2); // may be plugged in later
	add_apic(&table, 9, 3);
	assert_int_equal(read(&table, (uint32_t)table.size, ids, 8, &count), OK);
	assert_int_equal(count, 3);
	assert_int_equal(ids[0], 7);
	assert_int_equal(ids[1], 0x12345);
	assert_int_equal(ids[2], 9);
	// What lies behind the length is not the table's.
	assert_int_equal(read(&table, HEADER + 8, ids, 8, &count), OK);
	assert_int_equal(count, 1);
	assert_int_equal(read(&table, (uint32_t)table.size, ids, 3, &count), OK);
	assert_int_equal(read(&table, (uint32_t)table.size, ids, 2, &count), ERR_LIMIT);
	assert_int_equal(count, 2);
}

static void takes_entries_that_are_longer(void **context)
{
	static const uint8_t longer[10] = {0, 10, 1, 5, 1};
	static const uint8_t shorter[7] = {0, 7, 1, 6, 1};
	struct table table = table_make();
	uint32_t ids[8] = {0};
	size_t count = 0;

	(void)context;
	add_entry(&table, longer, sizeof(longer));
	add_entry(&table, shorter, sizeof(shorter)); // too short to be a CPU
	assert_int_equal(read(&table, (uint32_t)table.size, ids, 8, &count), OK);
	assert_int_equal(count, 1);
	assert_int_equal(ids[0], 5);
}

static void refuses_damage(void **context)
{
	struct table table = table_make();
	uint32_t ids[8];
	size_t count = 0;

	(void)context;
	add_apic(&table, 7, 1);
	add_apic(&table, 8, 1);
	uint32_t size = (uint32_t)table.size;

	assert_int_equal(read(&table, size + 1, ids, 8, &count), ERR_FORMAT);
	assert_int_equal(read(&table, UINT32_MAX, ids, 8, &count), ERR_FORMAT);
	assert_int_equal(read(&table, size - 1, ids, 8, &count), ERR_FORMAT); // cuts an entry
	assert_int_equal(read(&table, size - 7, ids, 8, &count), ERR_FORMAT);
	table.bytes[HEADER + 1] = 1;
	assert_int_equal(read(&table, size, ids, 8, &count), ERR_FORMAT);
	table.bytes[HEADER + 1] = 0;
	assert_int_equal(read(&table, size, ids, 8, &count), ERR_FORMAT);
	// One byte, after which the rest would be an entry again.
	table.bytes[HEADER + 1] = 1;
	table.bytes[HEADER + 2] = 2;
	assert_int_equal(read(&table, HEADER + 3, ids, 8, &count), ERR_FORMAT);
	table.bytes[HEADER + 1] = 17;
	assert_int_equal(read(&table, size, ids, 8, &count), ERR_FORMAT);
	table.bytes[HEADER + 1] = 8;
	assert_int_equal(read(&table, size, ids, 8, &count), OK);
	table.bytes[0] = 'X';
	assert_int_equal(read(&table, size, ids, 8, &count), ERR_FORMAT);
	// A table without entries has no CPU, and the header may be cut.
	table = table_make();
	assert_int_equal(read(&table, HEADER, ids, 8, &count), OK);
	assert_int_equal(count, 0);
	for (table.size = 8; table.size < HEADER; table.size++)
		assert_int_equal(
			read(&table, (uint32_t)table.size + 1, ids, 8, &count), ERR_FORMAT);
	assert_int_equal(madt_read_apic_ids(bytes_make(NULL, 0), ids, 8, &count), ERR_FORMAT);
}

static void survives_random_tables(void **context)
{
	(void)context;
	for (int i = 0; i < 20000; i++) {
		struct table table = table_make();
		uint32_t ids[4];
		size_t count = 0;

		table.size = HEADER + unit_random(100);
		unit_random_fill(table.bytes + HEADER, table.size - HEADER);
		for (size_t j = HEADER + 1; j < table.size; j++)
			table.bytes[j] %= 20;
		error_ignore(read(&table, (uint32_t)table.size, ids, 4, &count));
		assert_true(count <= 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_enabled_cpus),
		cmocka_unit_test(takes_entries_that_are_longer),
		cmocka_unit_test(refuses_damage),
		cmocka_unit_test(survives_random_tables),
	};

	return cmocka_run_group_tests_name("madt", tests, NULL, NULL);
}
