// SPDX-License-Identifier: MIT
/*
 * The SVSM's reader of the host's memory map, and the map that it makes for the firmware. Each is
 * compared with the definition, page by page, around every border that there is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/memmap.c"
#include "tests/fuzz/fuzz.h"

#define ENTRIES_MAX 40
#define CBIT_SHIFT  47
#define PLACES_MAX  (4 * (ENTRIES_MAX + 4))

static struct boot_info info;
static struct igvm_memory_map_entry map[ENTRIES_MAX];
static size_t map_count; // as the reader has to see it: up to the terminator
static jmp_buf back;

const struct boot_info *bootinfo(void)
{
	return &info;
}

uint64_t pagetable_address_end(void)
{
	return 1ull << CBIT_SHIFT;
}

void log_line(enum log_level level, const char *format, ...)
{
	(void)level, (void)format;
}

void terminate(enum terminate_reason reason)
{
	FUZZ_CHECK(reason == TERMINATE_MEMORY_MAP);
	longjmp(back, 1);
}

static bool is_in(uint64_t page, uint64_t gpa, uint64_t size)
{
	return page >= gpa >> PAGE_SHIFT && page < (gpa + size) >> PAGE_SHIFT;
}

static const struct igvm_memory_map_entry *entry_of(uint64_t page, bool normal)
{
	for (size_t i = 0; i < map_count; i++) {
		if (page >= map[i].starting_gpa_page_number &&
			page - map[i].starting_gpa_page_number < map[i].number_of_pages &&
			(!normal || map[i].entry_type == IGVM_MEMORY_NORMAL))
			return &map[i];
	}
	return NULL;
}

// By definition: memory of the host's map without VGA window and kernel, and the firmware's image.
static bool is_guest(uint64_t page)
{
	if (is_in(page, info.region.gpa, info.region.size) ||
		is_in(page, VGA_START, VGA_END - VGA_START))
		return false;
	return entry_of(page, true) != NULL ||
	       is_in(page, info.firmware.image.gpa, info.firmware.image.size);
}

// Pages on both sides of every border.
static size_t places(uint64_t list[PLACES_MAX])
{
	uint64_t borders[2 * (ENTRIES_MAX + 4)] = {KERNEL_GPA >> PAGE_SHIFT,
		(KERNEL_GPA + info.region.size) >> PAGE_SHIFT, VGA_START >> PAGE_SHIFT,
		VGA_END >> PAGE_SHIFT, info.firmware.image.gpa >> PAGE_SHIFT, 1ull << 20};
	size_t used = 6;
	size_t count = 0;

	for (size_t i = 0; i < map_count; i++) {
		borders[used++] = map[i].starting_gpa_page_number;
		borders[used++] = map[i].starting_gpa_page_number + map[i].number_of_pages;
	}
	for (size_t i = 0; i < used; i++) {
		if (borders[i] > 0)
			list[count++] = borders[i] - 1;
		list[count++] = borders[i];
	}
	return count;
}

static void check_pages(void)
{
	uint64_t list[PLACES_MAX];
	size_t count = places(list);

	for (size_t i = 0; i < count; i++) {
		gpa_t page = gpa_make(list[i] << PAGE_SHIFT);

		FUZZ_CHECK(memmap_is_guest(page, PAGE_SIZE) == is_guest(list[i]));
		FUZZ_CHECK(!is_guest(list[i]) || gpa_value(page) < gpa_value(memmap_end()));
		// A page and its neighbour are the guest's if both are.
		FUZZ_CHECK(memmap_is_guest(page, 2 * PAGE_SIZE) ==
			   (is_guest(list[i]) && is_guest(list[i] + 1)));
	}
	FUZZ_CHECK(!memmap_is_guest(gpa_make(UINT64_MAX - PAGE_SIZE + 1), PAGE_SIZE));
	FUZZ_CHECK(is_guest((gpa_value(memmap_end()) >> PAGE_SHIFT) - 1));
}

static size_t covering(const struct igvm_memory_map_entry *list, size_t count, uint64_t page)
{
	size_t result = 0;

	for (size_t i = 0; i < count; i++)
		result += page >= list[i].starting_gpa_page_number &&
			  page - list[i].starting_gpa_page_number < list[i].number_of_pages;
	return result;
}

// Entries of the firmware's map: what lies below the kernel, what lies above it, the terminator.
static size_t firmware_entries(void)
{
	uint64_t first = info.region.gpa >> PAGE_SHIFT;
	uint64_t end = first + (info.region.size >> PAGE_SHIFT);
	size_t count = 1;

	for (size_t i = 0; i < map_count; i++) {
		uint64_t start = map[i].starting_gpa_page_number;

		count += start < first;
		count += start + map[i].number_of_pages > end;
	}
	return count;
}

static void check_firmware(size_t max)
{
	struct igvm_memory_map_entry *made = malloc(max * sizeof(*made) + 1);
	uint64_t list[PLACES_MAX];
	size_t count = 0;
	enum error err = OK;

	FUZZ_CHECK(made != NULL);
	err = memmap_for_firmware(made, max, &count);
	FUZZ_CHECK(err == (firmware_entries() <= max ? OK : ERR_LIMIT));
	if (err == OK) {
		FUZZ_CHECK(count <= max && made[count - 1].number_of_pages == 0);
		for (size_t i = places(list); i-- > 0;)
			FUZZ_CHECK(covering(made, count, list[i]) ==
				   (is_in(list[i], info.region.gpa, info.region.size)
						   ? 0
						   : covering(map, map_count, list[i])));
	}
	free(made);
}

// Numbers near the borders, and any.
static uint64_t take_page(struct input *input)
{
	static const uint64_t near[] = {0, VGA_START >> PAGE_SHIFT, VGA_END >> PAGE_SHIFT,
		KERNEL_GPA >> PAGE_SHIFT, (KERNEL_GPA + KERNEL_REGION_SIZE) >> PAGE_SHIFT,
		(1ull << CBIT_SHIFT) >> PAGE_SHIFT, 0xffc00, 0x100000};
	uint64_t what = input_take(input, 1);

	if (what < 128)
		return near[what % ARRAY_SIZE(near)] + (what >> 3) - 8;
	return input_take(input, what < 192 ? 3 : 8);
}

static void take_map(struct input *input)
{
	size_t count = (size_t)input_below(input, ENTRIES_MAX + 1);

	memset(map, 0, sizeof(map));
	map_count = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t flags = input_take(input, 1);
		uint64_t first = take_page(input);

		map[i] = (struct igvm_memory_map_entry){
			.starting_gpa_page_number = first,
			.number_of_pages =
				flags & 1 ? input_take(input, 2) : take_page(input) - first,
			.entry_type = (uint16_t)(flags < 200 ? IGVM_MEMORY_NORMAL : flags & 3),
		};
	}
	while (map_count < count && map[map_count].number_of_pages > 0)
		map_count++;
}

static void reset(struct input *input)
{
	uint64_t image = (input_below(input, 1024) + 1) * PAGE_SIZE;

	memset(ranges, 0, sizeof(ranges));
	memset(host_map, 0, sizeof(host_map));
	range_count = 0;
	host_map_count = 0;
	take_map(input);
	info = (struct boot_info){
		.region = {KERNEL_GPA, KERNEL_REGION_SIZE},
		.firmware.image = {(1ull << 32) - image, image},
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};

	reset(&input);
	size_t max = (size_t)input_below(&input, ENTRIES_MAX * 2 + 2);
	// The whole map, or its first entries without a terminator behind them.
	struct bytes bytes = fuzz_copy(map, max & 1 ? sizeof(map) : map_count * sizeof(map[0]));

	info.memory_map.gpa = (uint64_t)(uintptr_t)bytes.data - KERNEL_VA + KERNEL_GPA;
	info.memory_map.size = bytes.size;
	if (setjmp(back) == 0) {
		memmap_init();
		check_pages();
		check_firmware(max);
		memmap_log();
	}
	fuzz_free(bytes);
	return 0;
}
