// SPDX-License-Identifier: MIT
// The kernel's own mappings: the shared tables, each CPU's window, the slots for guest memory.
#include "hw/x86.h"
#include "kernel/bootinfo.h"
#include "kernel/copy.h"
#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/page.h"
#include "kernel/pagetable.h"
#include "kernel/percpu.h"
#include "kernel/tempmap.h"
#include "kernel/trap.h"
#include "tests/host/host.h"

#define FREE FAKE_FREE_GPA
#define HUGE MIB(64)

static const struct fake_config config = {.cpus = 2, .region_size = MIB(4)};

static uint64_t window_entry(unsigned int page)
{
	gpa_t gpa = {0};

	return pagetable_translate(PERCPU_PAGE(page), &gpa);
}

static const struct {
	unsigned int first, count;
	bool shared;
} window[] = {
	{PERCPU_STRUCT_PAGE, PERCPU_STRUCT_PAGES, false},
	{STACK_MAIN_PAGE, STACK_MAIN_PAGES, false},
	{STACK_VC_PAGE, STACK_VC_PAGES, false},
	{STACK_HV_PAGE, STACK_HV_PAGES, false},
	{STACK_DF_PAGE, STACK_DF_PAGES, false},
	{STACK_NMI_PAGE, STACK_NMI_PAGES, false},
	{GHCB_PAGE, 1, true},
	{DOORBELL_PAGE, 1, true},
};

static bool is_in_window(unsigned int page, bool *shared)
{
	for (size_t i = 0; i < ARRAY_SIZE(window); i++) {
		if (page - window[i].first < window[i].count) {
			*shared = window[i].shared;
			return true;
		}
	}
	return false;
}

// What is in a window is mapped there alone, and everything between it is a guard.
static void check_window(bool *seen)
{
	for (unsigned int page = 0; page < 1024; page++) {
		uint64_t entry = window_entry(page);
		bool shared = false;
		gpa_t gpa = {0};

		if (!is_in_window(page, &shared)) {
			assert_int_equal(entry, 0);
			continue;
		}
		assert_int_equal(entry & ~PTE_ADDR_MASK, PTE_DATA);
		assert_int_equal((entry & FAKE_CBIT) == 0, shared);
		assert_int_equal(pagetable_translate(PERCPU_PAGE(page), &gpa), entry);
		assert_int_equal(fake_is_shared(gpa_value(gpa)), shared);
		assert_int_equal(*pagetable_find((uint64_t)kernel_ptr(gpa)), 0);
		size_t number = (gpa_value(gpa) - KERNEL_GPA) / PAGE_SIZE;

		assert_false(seen[number]);
		seen[number] = true;
	}
}

static void each_cpu_has_its_window(void **context)
{
	static bool seen[MIB(4) / PAGE_SIZE];

	(void)context;
	fake_reset();
	for (uint32_t i = 0; i < 2; i++) {
		fake_cpu_select(i);
		assert_int_equal(cpu_read_cr3(), gpa_value(this_cpu()->root) | FAKE_CBIT);
		check_window(seen);
	}
}

static void segments_are_described(void **context)
{
	(void)context;
	fake_reset();
	const struct percpu *cpu = this_cpu();
	// APM 2 sections 4.7 and 4.8: accessed, code or data, S, DPL, P; L, D/B, G
	uint64_t tss = PERCPU_VA + offsetof(struct percpu, tss);
	uint64_t low = cpu->gdt[SEL_TSS / 8];

	assert_int_equal(cpu->gdt[0], 0);
	assert_int_equal(cpu->gdt[SEL_CODE / 8], 0x00af9b000000ffff);
	assert_int_equal(cpu->gdt[SEL_DATA / 8], 0x00cf93000000ffff);
	assert_int_equal(cpu->gdt[SEL_UDATA / 8] >> 45 & 3, 3);
	assert_int_equal(cpu->gdt[SEL_UCODE / 8] >> 45 & 3, 3);
	assert_int_equal(cpu->gdt[SEL_UCODE / 8] >> 53 & 1, 1);
	assert_int_equal((low >> 16 & 0xffffff) | (low >> 56 & 0xff) << 24, tss & 0xffffffff);
	assert_int_equal(cpu->gdt[SEL_TSS / 8 + 1], tss >> 32);
	assert_int_equal(low & 0xffff, sizeof(struct tss) - 1);
	assert_int_equal(cpu->tss.ist[IST_VC - 1], STACK_VC_TOP);
	assert_int_equal(cpu->tss.ist[IST_HV - 1], STACK_HV_TOP);
	assert_int_equal(cpu->tss.ist[IST_DF - 1], STACK_DF_TOP);
	assert_int_equal(cpu->tss.ist[IST_NMI - 1], STACK_NMI_TOP);
}

static void entries_have_their_bits(void **context)
{
	(void)context;
	fake_reset();
	assert_int_equal(pagetable_cbit(), FAKE_CBIT);
	assert_int_equal(pagetable_entry(gpa_make(0x5000), PTE_P), 0x5000 | PTE_P | FAKE_CBIT);
	assert_int_equal(pagetable_entry_shared(gpa_make(0x5000)), 0x5000 | PTE_DATA);
	assert_int_equal(pagetable_entry_device(gpa_make(0x5000)) & (PTE_PCD | PTE_PWT | FAKE_CBIT),
		PTE_PCD | PTE_PWT);
	assert_null(pagetable_find(0));
	assert_null(pagetable_find(KERNEL_VA + MIB(4)));
	assert_non_null(pagetable_find(KERNEL_VA));
}

static void write_byte(void *p)
{
	*(volatile uint8_t *)p = 1;
}

// After the start, what is read-only cannot be written, nor can what is not mapped be touched.
static void sealed_data_is_read_only(void **context)
{
	extern uint8_t ro_after_init_start[];
	extern uint8_t ro_after_init_end[];

	(void)context;
	assert_true(&ro_after_init_end[0] > &ro_after_init_start[0]);
	for (uint8_t *p = ro_after_init_start; p < ro_after_init_end; p += PAGE_SIZE) {
		fake_reset();
		assert_int_equal(*pagetable_find((uint64_t)p) & PTE_W, 0);
		assert_int_equal(fake_try(write_byte, p), TERMINATE_PANIC);
		assert_true(fake_console_has("panic: #PF"));
	}
	fake_reset();
	assert_int_equal(
		fake_try(write_byte, (void *)PERCPU_PAGE(STACK_MAIN_PAGE - 1)), TERMINATE_PANIC);
	fake_reset();
	assert_int_equal(fake_try(write_byte, (void *)PERCPU_PAGE(STACK_MAIN_PAGE)), FAKE_RETURNED);
	gpa_t stack = {0};

	assert_int_not_equal(pagetable_translate(PERCPU_PAGE(STACK_MAIN_PAGE), &stack), 0);
	assert_int_equal(fake_try(write_byte, kernel_ptr(stack)), TERMINATE_PANIC);
}

// A page of the kernel's own that the host takes away ends the VM.
static void a_taken_page_is_noticed(void **context)
{
	(void)context;
	fake_reset();
	uint8_t *page = page_alloc();

	assert_non_null(page);
	fake_attack(gpa_value(kernel_gpa(page)), FAKE_TAKE);
	assert_int_equal(fake_try(write_byte, page), TERMINATE_NOT_VALIDATED);
	assert_true(fake_console_has("not validated"));
}

static void slots_reach_guest_memory(void **context)
{
	uint64_t value = 0x1122334455667788;

	(void)context;
	fake_reset();
	vaddr_t va = tempmap_page(TEMP_COPY, gpa_make(FREE));
	vaddr_t other = tempmap_page(TEMP_VCPU, gpa_make(FREE + PAGE_SIZE));

	assert_int_equal(vaddr_value(va), TEMP_VA + TEMP_COPY * PAGE_SIZE);
	assert_true(copy_may_fault(vaddr_to_ptr(va), &value, 8));
	assert_true(copy_may_fault(vaddr_to_ptr(vaddr_add(other, 16)), &value, 8));
	assert_memory_equal(fake_ptr(FREE), &value, 8);
	assert_memory_equal(fake_ptr(FREE + PAGE_SIZE + 16), &value, 8);
	assert_non_null(fake_check());
	// The next use of the slot sees its own page, and not the one before.
	tempmap_unmap(TEMP_COPY);
	va = tempmap_page(TEMP_COPY, gpa_make(FREE + 2 * PAGE_SIZE));
	assert_true(copy_may_fault(&value, vaddr_to_ptr(va), 8));
	assert_int_equal(value, 0);
	tempmap_unmap(TEMP_COPY);
	tempmap_unmap(TEMP_VCPU);
	assert_sound();
}

static void the_large_slot_too(void **context)
{
	uint8_t byte = 0;

	(void)context;
	fake_reset();
	for (uint64_t round = 0; round < 2; round++) {
		uint64_t gpa = HUGE + round * HUGE_PAGE_SIZE;
		vaddr_t va = tempmap_huge(gpa_make(gpa));

		assert_false(copy_may_fault(&byte, vaddr_to_ptr(va), 1)); // not valid
		struct cpu_rmp_result result = cpu_pvalidate(vaddr_value(va), RMP_PAGE_2M, true);

		assert_int_equal(result.code, RMP_SUCCESS);
		fake_ptr_write(gpa + HUGE_PAGE_SIZE - 1, 1)[0] = (uint8_t)(7 + round);
		assert_true(
			copy_may_fault(&byte, vaddr_to_ptr(vaddr_add(va, HUGE_PAGE_SIZE - 1)), 1));
		assert_int_equal(byte, 7 + round);
		tempmap_unmap_huge();
	}
}

static void map_twice(void *slot)
{
	(void)tempmap_page(*(enum temp_slot *)slot, gpa_make(FREE));
}

static void map_unaligned(void *unused)
{
	(void)unused;
	(void)tempmap_page(TEMP_COPY, gpa_make(FREE + 1));
}

static void map_huge_unaligned(void *unused)
{
	(void)unused;
	(void)tempmap_huge(gpa_make(HUGE + PAGE_SIZE));
}

static void map_huge_twice(void *unused)
{
	(void)unused;
	(void)tempmap_huge(gpa_make(HUGE));
	(void)tempmap_huge(gpa_make(HUGE));
}

static void wrong_uses_of_slots_are_caught(void **context)
{
	enum temp_slot slot = TEMP_CAA;

	(void)context;
	fake_reset();
	(void)tempmap_page(slot, gpa_make(FREE));
	assert_int_equal(fake_try(map_twice, &slot), TERMINATE_PANIC);
	fake_reset();
	assert_int_equal(fake_try(map_unaligned, NULL), TERMINATE_PANIC);
	fake_reset();
	assert_int_equal(fake_try(map_huge_unaligned, NULL), TERMINATE_PANIC);
	fake_reset();
	assert_int_equal(fake_try(map_huge_twice, NULL), TERMINATE_PANIC);
}

// Nothing is undone when a CPU cannot be made, for the VM then ends: but it is an error, not a
// panic, and the CPU that runs is unharmed.
static void a_cpu_without_memory_is_an_error(void **context)
{
	(void)context;
	for (uint64_t n = 0;; n++) {
		gpa_t root = {0};

		fake_reset();
		uint64_t free_pages = page_count_free();

		fake_fail_alloc(n);
		enum error err = percpu_create(cpus_get(1), &root);

		if (err == OK) {
			assert_false(fake_failed());
			// struct percpu, four tables, eleven pages of stacks, GHCB and doorbell
			assert_int_equal(free_pages - page_count_free(), 2 + 4 + 11 + 2);
			assert_true(n > 15);
			return;
		}
		assert_int_equal(err, ERR_NO_MEMORY);
		assert_int_equal(fake_core(SVSM_CORE_CONFIGURE_VTOM, 1, 0, 0), SVSM_SUCCESS);
	}
}

static void a_cpu_whose_pages_the_host_keeps_is_an_error(void **context)
{
	(void)context;
	for (uint64_t n = 0; n < 2; n++) {
		gpa_t root = {0};

		fake_reset();
		fake_fail_exit(n);
		assert_int_equal(percpu_create(cpus_get(1), &root), ERR_HOST);
		assert_true(fake_failed());
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cpu_has_its_window),
		cmocka_unit_test(segments_are_described),
		cmocka_unit_test(entries_have_their_bits),
		cmocka_unit_test(sealed_data_is_read_only),
		cmocka_unit_test(a_taken_page_is_noticed),
		cmocka_unit_test(slots_reach_guest_memory),
		cmocka_unit_test(the_large_slot_too),
		cmocka_unit_test(wrong_uses_of_slots_are_caught),
		cmocka_unit_test(a_cpu_without_memory_is_an_error),
		cmocka_unit_test(a_cpu_whose_pages_the_host_keeps_is_an_error),
	};

	return host_run("mappings", tests, &config);
}
