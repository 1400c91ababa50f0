// SPDX-License-Identifier: MIT
// Which memory is the guest's, out of the host's map, and what the firmware is told of it.
#include "kernel/memmap.h"
#include "tests/host/host.h"

#define NORMAL	   IGVM_MEMORY_NORMAL
#define REGION_END (KERNEL_GPA + HUGE_PAGE_SIZE)
#define VGA_START  0xa0000ul
#define VGA_END	   0xc0000ul

static struct fake_config config;

static void map_clear(void)
{
	config = (struct fake_config){.no_firmware = true};
}

static void map_add(uint64_t start, uint64_t end, uint16_t type)
{
	config.map[config.map_count++] = (struct igvm_memory_map_entry){
		.starting_gpa_page_number = start / PAGE_SIZE,
		.number_of_pages = (end - start) / PAGE_SIZE,
		.entry_type = type,
	};
}

static bool is_guest(uint64_t start, uint64_t end)
{
	return memmap_is_guest(gpa_make(start), end - start);
}

// Guest memory from start to end, and not one byte more on either side.
static void assert_range(uint64_t start, uint64_t end)
{
	assert_true(is_guest(start, end));
	assert_true(is_guest(end - 1, end));
	assert_false(is_guest(end - 1, end + 1));
	assert_false(is_guest(end, end + 1));
	if (start > 0)
		assert_false(is_guest(start - 1, start + 1));
}

static void cuts_the_kernel_and_the_vga_window(void **context)
{
	(void)context;
	map_clear();
	map_add(0, GIB(1), NORMAL);
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_range(0, VGA_START);
	assert_range(VGA_END, KERNEL_GPA);
	assert_range(REGION_END, GIB(1));
	assert_int_equal(gpa_value(memmap_end()), GIB(1));
	assert_false(is_guest(KERNEL_GPA, REGION_END));
	assert_false(is_guest(0, GIB(1)));
	// Nothing wraps.
	assert_false(memmap_is_guest(gpa_make(PAGE_SIZE), UINT64_MAX));
	assert_false(memmap_is_guest(gpa_make(UINT64_MAX - PAGE_SIZE + 1), PAGE_SIZE));
}

static void cuts_pieces_of_them(void **context)
{
	(void)context;
	map_clear();
	map_add(VGA_START + PAGE_SIZE, VGA_END + PAGE_SIZE, NORMAL);
	map_add(KERNEL_GPA - PAGE_SIZE, KERNEL_GPA + PAGE_SIZE, NORMAL);
	map_add(REGION_END - PAGE_SIZE, REGION_END + PAGE_SIZE, NORMAL);
	map_add(MIB(256), MIB(257), NORMAL);
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_range(VGA_END, VGA_END + PAGE_SIZE);
	assert_range(KERNEL_GPA - PAGE_SIZE, KERNEL_GPA);
	assert_range(REGION_END, REGION_END + PAGE_SIZE);
	assert_range(MIB(256), MIB(257));
	map_clear();
	map_add(VGA_START, VGA_END, NORMAL);
	map_add(KERNEL_GPA, REGION_END, NORMAL);
	assert_int_equal(fake_boot(&config), TERMINATE_MEMORY_MAP); // nothing is left
	assert_true(fake_console_has("memory map from the host"));
}

static void sorts_and_joins(void **context)
{
	(void)context;
	map_clear();
	map_add(MIB(60), MIB(70), NORMAL);
	map_add(MIB(20), MIB(30), NORMAL);
	map_add(MIB(40), MIB(50), NORMAL);
	map_add(MIB(30), MIB(40), NORMAL); // touches two
	map_add(MIB(10), MIB(25), NORMAL); // overlaps
	map_add(MIB(12), MIB(13), NORMAL); // inside
	map_add(MIB(80), MIB(90), IGVM_MEMORY_NORMAL + 1);
	map_add(GIB(5), GIB(6), NORMAL);
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_range(MIB(10), MIB(50));
	assert_range(MIB(60), MIB(70));
	assert_range(GIB(5), GIB(6));
	assert_false(is_guest(MIB(80), MIB(80) + 1));
	assert_int_equal(gpa_value(memmap_end()), GIB(6));
}

static void refuses_what_it_cannot_hold(void **context)
{
	(void)context;
	map_clear();
	for (uint64_t i = 0; i < 32; i++)
		map_add(MIB(200 + 2 * i), MIB(201 + 2 * i), NORMAL);
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_range(MIB(262), MIB(263));
	map_add(MIB(300), MIB(301), NORMAL);
	assert_int_equal(fake_boot(&config), TERMINATE_MEMORY_MAP);
	// 31 of the host's entries, and two holes.
	map_clear();
	for (uint64_t i = 0; i < 30; i++)
		map_add(MIB(200 + 2 * i), MIB(201 + 2 * i), NORMAL);
	map_add(0, MIB(180), NORMAL);
	assert_int_equal(fake_boot(&config), TERMINATE_MEMORY_MAP);
	config.map_count = 29;
	map_add(0, MIB(180), NORMAL);
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
}

static void refuses_addresses_beyond_the_cbit(void **context)
{
	static const uint64_t wrongs[][2] = {
		{FAKE_CBIT / PAGE_SIZE, 1},
		{FAKE_CBIT / PAGE_SIZE - 1, 2},
		{1, FAKE_CBIT / PAGE_SIZE},
		{UINT64_MAX, 1},
		{1, UINT64_MAX},
		{UINT64_MAX, UINT64_MAX},
	};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++) {
		map_clear();
		map_add(0, MIB(512), NORMAL);
		map_add(0, 0, NORMAL);
		config.map[1].starting_gpa_page_number = wrongs[i][0];
		config.map[1].number_of_pages = wrongs[i][1];
		assert_int_equal(fake_boot(&config), TERMINATE_MEMORY_MAP);
	}
	// The very last page there can be.
	config.map[1].starting_gpa_page_number = FAKE_CBIT / PAGE_SIZE - 1;
	config.map[1].number_of_pages = 1;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_int_equal(gpa_value(memmap_end()), FAKE_CBIT);
}

static void fill_the_page(struct boot_info *info)
{
	struct igvm_memory_map_entry *map = (void *)fake_ptr(info->memory_map.gpa);

	for (uint64_t i = 0; i < PAGE_SIZE / sizeof(*map); i++)
		map[i] = (struct igvm_memory_map_entry){
			.starting_gpa_page_number = (MIB(200) + i * MIB(2)) / PAGE_SIZE,
			.number_of_pages = 1,
			.entry_type = i < 20 ? NORMAL : 7,
		};
	info->memory_map.size = 20 * sizeof(*map) + 5; // no terminator, and a piece of an entry
}

static void empty_the_page(struct boot_info *info)
{
	info->memory_map.size = 0;
}

static void ends_at_the_end_of_the_page(void **context)
{
	(void)context;
	map_clear();
	config.prepare = fill_the_page;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_int_equal(gpa_value(memmap_end()), MIB(200) + 19 * MIB(2) + PAGE_SIZE);
	config.prepare = empty_the_page;
	assert_int_equal(fake_boot(&config), TERMINATE_MEMORY_MAP);
}

static void assert_entry(const struct igvm_memory_map_entry *entry, uint64_t start, uint64_t end)
{
	assert_int_equal(entry->starting_gpa_page_number, start / PAGE_SIZE);
	assert_int_equal(entry->number_of_pages, (end - start) / PAGE_SIZE);
}

static void tells_the_firmware(void **context)
{
	struct igvm_memory_map_entry entries[8];
	size_t count = 0;

	(void)context;
	map_clear();
	map_add(0, GIB(1), NORMAL);
	map_add(GIB(2), GIB(3), 3);
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_int_equal(memmap_for_firmware(entries, 8, &count), OK);
	assert_int_equal(count, 4);
	assert_entry(&entries[0], 0, KERNEL_GPA); // the firmware knows of the VGA window itself
	assert_entry(&entries[1], REGION_END, GIB(1));
	assert_entry(&entries[2], GIB(2), GIB(3));
	assert_int_equal(entries[2].entry_type, 3);
	assert_entry(&entries[3], 0, 0);
	assert_int_equal(memmap_for_firmware(entries, 4, &count), OK);
	for (size_t max = 0; max < 4; max++)
		assert_int_equal(memmap_for_firmware(entries, max, &count), ERR_LIMIT);
}

// Any map: no byte of the kernel's is ever the guest's, and all else is as the map says.
static void follows_a_plain_model(void **context)
{
	static bool model[MIB(160) / PAGE_SIZE];

	(void)context;
	for (int round = 0; round < 60; round++) {
		memset(model, 0, sizeof(model));
		map_clear();
		map_add(MIB(300), MIB(301), NORMAL); // something is always left
		for (uint64_t i = unit_random(8) + 1; i > 0; i--) {
			uint64_t first = unit_random(ARRAY_SIZE(model) - 1);
			uint64_t end = first + 1 + unit_random(ARRAY_SIZE(model) - first - 1);
			uint16_t type = (uint16_t)(unit_random(4) == 0 ? 3 : NORMAL);

			map_add(first * PAGE_SIZE, end * PAGE_SIZE, type);
			for (uint64_t page = first; page < end && type == NORMAL; page++)
				model[page] = (page < 0xa0 || page >= 0xc0) &&
					      (page < KERNEL_GPA / PAGE_SIZE ||
						      page >= REGION_END / PAGE_SIZE);
		}
		assert_int_equal(fake_boot(&config), FAKE_RETURNED);
		for (uint64_t page = 0; page < ARRAY_SIZE(model); page++)
			assert_int_equal(
				is_guest(page * PAGE_SIZE, (page + 1) * PAGE_SIZE), model[page]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_the_kernel_and_the_vga_window),
		cmocka_unit_test(cuts_pieces_of_them),
		cmocka_unit_test(sorts_and_joins),
		cmocka_unit_test(refuses_what_it_cannot_hold),
		cmocka_unit_test(refuses_addresses_beyond_the_cbit),
		cmocka_unit_test(ends_at_the_end_of_the_page),
		cmocka_unit_test(tells_the_firmware),
		cmocka_unit_test(follows_a_plain_model),
	};

	return cmocka_run_group_tests_name("memmap", tests, NULL, NULL);
}
