// SPDX-License-Identifier: MIT
#include "tests/fuzz/ring3.h"

#include <string.h>

#include "hw/x86.h"
#include "kernel/bootinfo.h"
#include "kernel/layout.h"
#include "kernel/percpu.h"
#include "kernel/user/area.h"
#include "kernel/user/enter.h"
#include "tests/host/fake/fake.h"

#define PTE_OWNED     BIT(9) // kernel/user/space.c
#define TABLE_FLAGS   (PTE_P | PTE_W | PTE_U | PTE_A)
#define TABLE_ENTRIES 512
#define LEVELS	      3 // below the root's entry
#define REGION_PAGES  (KERNEL_REGION_SIZE / PAGE_SIZE)

static bool claimed[REGION_PAGES]; // by a space, since ring3_check_begin()
static bool had[REGION_PAGES];	   // at some time

// On real hardware, enter.S and the program.
void user_enter(void)
{
	struct trap_frame *frame = &this_cpu()->user_frame;

	FUZZ_CHECK(frame->cs == (SEL_UCODE | 3) && frame->ss == (SEL_UDATA | 3));
	FUZZ_CHECK((frame->rflags & RFLAGS_IF) != 0);
	ring3_run(frame);
}

void user_init_cpu(void)
{
}

static uint64_t gpa_of(uint64_t entry)
{
	return entry & PTE_ADDR_MASK & ~FAKE_CBIT;
}

static uint64_t flags_of(uint64_t entry)
{
	return entry & ~(PTE_ADDR_MASK & ~FAKE_CBIT);
}

static const uint64_t *table_of(uint64_t entry)
{
	return (const uint64_t *)(const void *)fake_ptr(gpa_of(entry));
}

bool ring3_is_entered(const struct user_space *space)
{
	const uint64_t *root = (const void *)fake_ptr(gpa_value(this_cpu()->root));
	uint64_t entry = root[USER_ROOT_INDEX];

	return entry != 0 && space->directory != NULL &&
	       gpa_of(entry) == gpa_value(kernel_gpa(space->directory));
}

uint64_t ring3_entry(const struct user_space *space, uint64_t va)
{
	const uint64_t *table = space->directory;
	uint64_t entry = 0;

	if (va >= USER_END)
		return 0;
	for (unsigned int shift = 30; shift >= PAGE_SHIFT; shift -= 9) {
		entry = table[va >> shift & (TABLE_ENTRIES - 1)];
		if (entry == 0)
			return 0;
		table = table_of(entry);
	}
	return entry;
}

bool ring3_entry_allows(uint64_t entry, uint32_t access)
{
	return (entry & PTE_P) != 0 && ((access & USER_WRITE) == 0 || (entry & PTE_W) != 0) &&
	       ((access & USER_EXECUTE) == 0 || (entry & PTE_NX) == 0);
}

const uint8_t *ring3_page(uint64_t entry)
{
	return fake_ptr(gpa_of(entry));
}

void ring3_check_begin(void)
{
	memset(claimed, 0, sizeof(claimed));
}

void ring3_forget(void)
{
	memset(had, 0, sizeof(had));
}

bool ring3_is_zero(const void *bytes, size_t size)
{
	static const uint8_t zeros[PAGE_SIZE];

	FUZZ_CHECK(size <= sizeof(zeros));
	return memcmp(bytes, zeros, size) == 0;
}

void ring3_check_wiped(void)
{
	for (uint64_t i = 0; i < REGION_PAGES; i++) {
		if (had[i])
			FUZZ_CHECK(ring3_is_zero(fake_ptr(KERNEL_GPA + i * PAGE_SIZE), PAGE_SIZE));
	}
}

static void claim(uint64_t gpa)
{
	uint64_t i = (gpa - KERNEL_GPA) / PAGE_SIZE;

	FUZZ_CHECK(gpa >= bootinfo()->heap_gpa && i < REGION_PAGES && fake_is_valid(gpa));
	FUZZ_CHECK(!claimed[i]);
	claimed[i] = true;
	had[i] = true;
}

static void check_areas(const struct user_space *space)
{
	uint64_t last = USER_START;

	FUZZ_CHECK(space->area_count <= USER_AREAS_MAX);
	for (size_t i = 0; i < space->area_count; i++) {
		const struct user_area *area = &space->areas[i];

		FUZZ_CHECK(area->start >= last && area->start < area->end && area->end <= USER_END);
		FUZZ_CHECK(IS_ALIGNED(area->start | area->end, PAGE_SIZE));
		FUZZ_CHECK((area->access & ~(USER_READ | USER_WRITE | USER_EXECUTE)) == 0);
		FUZZ_CHECK((area->access & (USER_WRITE | USER_EXECUTE)) !=
			   (USER_WRITE | USER_EXECUTE));
		last = area->end;
	}
}

struct walk {
	const struct user_space *space;
	struct bytes program;
	uint64_t pages;
};

// The kernel's address of a page of the file
static bool is_of_program(const struct walk *walk, uint64_t gpa)
{
	uint64_t start = gpa_value(kernel_gpa(walk->program.data));

	return gpa >= start && gpa < start + ALIGN_UP(walk->program.size, PAGE_SIZE);
}

static void check_leaf(struct walk *walk, uint64_t entry, uint64_t va)
{
	const struct user_area *area = user_area_find(walk->space, va);
	bool owned = (entry & PTE_OWNED) != 0;

	FUZZ_CHECK(area != NULL);
	// The image is nobody's to write, whatever an area became.
	uint32_t access = owned ? area->access : area->access & ~USER_WRITE;
	uint64_t flags = PTE_U | PTE_A | FAKE_CBIT | (owned ? PTE_OWNED : 0);

	flags |= access != 0 ? PTE_P : 0;
	flags |= (access & USER_WRITE) != 0 ? PTE_W | PTE_D : 0;
	flags |= (access & USER_EXECUTE) == 0 ? PTE_NX : 0;
	FUZZ_CHECK(flags_of(entry) == flags);
	FUZZ_CHECK(owned || is_of_program(walk, gpa_of(entry)));
	// Code is what was measured.
	FUZZ_CHECK(!owned || (area->access & USER_EXECUTE) == 0);
	if (owned) {
		claim(gpa_of(entry));
		walk->pages++;
	}
}

// Calls itself once for each level: never deeper than LEVELS.
// NOLINTNEXTLINE(misc-no-recursion)
static void check_table(struct walk *walk, const uint64_t *table, uint64_t va, unsigned int level)
{
	claim((uint64_t)(uintptr_t)((const uint8_t *)table - fake_ptr(KERNEL_GPA)) + KERNEL_GPA);
	walk->pages++;
	for (uint64_t i = 0; i < TABLE_ENTRIES; i++, va += PAGE_SIZE << (9 * level)) {
		if (table[i] == 0)
			continue;
		if (level == 0) {
			check_leaf(walk, table[i], va);
			continue;
		}
		FUZZ_CHECK(flags_of(table[i]) == (TABLE_FLAGS | FAKE_CBIT));
		check_table(walk, table_of(table[i]), va, level - 1);
	}
}

void ring3_check_space(const struct user_space *space, struct bytes program)
{
	struct walk walk = {.space = space, .program = program};
	uint64_t gpa = gpa_value(kernel_gpa(space->directory));

	check_areas(space);
	check_table(&walk, (const uint64_t *)(const void *)fake_ptr(gpa), 0, LEVELS - 1);
	FUZZ_CHECK(walk.pages == space->page_count && space->page_count <= space->page_max);
}
