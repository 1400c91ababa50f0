// SPDX-License-Identifier: MIT
// What each CPU has for itself: at one address, and different.
#include "kernel/bootinfo.h"
#include "kernel/copy.h"
#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/pagetable.h"
#include "kernel/trap.h"
#include "lib/string.h"
#include "tests/svsm/suite.h"

static struct seen {
	uint32_t index;
	uint64_t root, ghcb, doorbell, data, stack;
} seen[CPUS_MAX];

static uint64_t gpa_of(uint64_t va)
{
	gpa_t gpa = {0};

	return pagetable_translate(va, &gpa) == 0 ? 0 : gpa_value(gpa);
}

static void look(void *argument)
{
	struct seen *s = argument;

	s->index = this_cpu()->cpu->index;
	s->root = gpa_value(this_cpu()->root);
	s->ghcb = gpa_of(GHCB_VA);
	s->doorbell = gpa_of(DOORBELL_VA);
	s->data = gpa_of(PERCPU_VA);
	s->stack = gpa_of(PERCPU_PAGE(STACK_MAIN_PAGE));
	EXPECT_EQ(s->ghcb, gpa_value(this_cpu()->ghcb_gpa));
	EXPECT_EQ(s->doorbell, gpa_value(this_cpu()->doorbell_gpa));
}

static void test_distinct(void)
{
	job_run_everywhere(look, seen, sizeof(seen[0]));
	for (uint32_t i = 0; i < cpus_count(); i++) {
		EXPECT_EQ(seen[i].index, i);
		EXPECT(seen[i].root != 0 && seen[i].data != 0 && seen[i].stack != 0);
		for (uint32_t j = 0; j < i; j++) {
			EXPECT(seen[i].root != seen[j].root);
			EXPECT(seen[i].ghcb != seen[j].ghcb);
			EXPECT(seen[i].doorbell != seen[j].doorbell);
			EXPECT(seen[i].data != seen[j].data);
			EXPECT(seen[i].stack != seen[j].stack);
		}
	}
}

static void write_own(void *argument)
{
	(void)argument;
	memset(this_cpu()->request_buffer, 0x10 + (int)this_cpu()->cpu->index, PAGE_SIZE);
}

static void read_own(void *argument)
{
	(void)argument;
	for (size_t i = 0; i < PAGE_SIZE; i++) {
		if (!EXPECT_EQ(this_cpu()->request_buffer[i], 0x10 + this_cpu()->cpu->index))
			return;
	}
}

static void test_private_data(void)
{
	job_run_everywhere(write_own, NULL, 0);
	job_run_everywhere(read_own, NULL, 0);
}

static uint16_t task_register(void)
{
	uint16_t selector = 0;

	__asm__ volatile("str %0" : "=r"(selector));
	return selector;
}

static void check_tables(void *argument)
{
	struct cpu_table_pointer gdt = {0};
	struct cpu_table_pointer idt = {0};

	(void)argument;
	__asm__ volatile("sgdt %0" : "=m"(gdt));
	__asm__ volatile("sidt %0" : "=m"(idt));
	EXPECT_EQ(gdt.base, (uint64_t)this_cpu()->gdt);
	EXPECT_EQ(gdt.limit, sizeof(this_cpu()->gdt) - 1);
	EXPECT_EQ(idt.base, trap_table_base());
	EXPECT_EQ(idt.limit, trap_table_limit());
	EXPECT_EQ(task_register(), SEL_TSS);
	EXPECT_EQ(this_cpu()->tss.ist[IST_DF - 1], STACK_DF_TOP);
	EXPECT_EQ(this_cpu()->lock_levels, 0);
}

static void test_tables(void)
{
	job_run_everywhere(check_tables, NULL, 0);
}

static void test_online(void)
{
	for (uint32_t i = 0; i < cpus_count(); i++) {
		struct cpu *cpu = cpus_get(i);

		EXPECT_EQ(cpu->index, i);
		EXPECT(cpus_find_online(cpu->apic_id) == cpu);
		for (uint32_t j = 0; j < i; j++)
			EXPECT(cpus_get(j)->apic_id != cpu->apic_id);
	}
	EXPECT(cpus_find_online(0xfffffff0) == NULL);
}

// A CPU that does not run yet is none.
static void test_not_online(void)
{
	struct cpu *cpu = cpus_get(cpus_count() - 1);

	atomic_store(&cpu->online, false);
	EXPECT(cpus_find_online(cpu->apic_id) == NULL);
	atomic_store(&cpu->online, true);
}

static enum error create(void *cpu)
{
	gpa_t root = {0};

	return percpu_create(cpu, &root);
}

// The window of a CPU that is never started: tables, data, stacks, two shared pages.
static void test_no_memory(void)
{
	static struct cpu cpu = {.index = CPUS_MAX - 1};

	EXPECT_EQ(alloc_fail_each(create, &cpu), 1 + 4 + STACK_MAIN_PAGES + STACK_VC_PAGES +
							 STACK_HV_PAGES + STACK_DF_PAGES +
							 STACK_NMI_PAGES + 2);
}

// The stack that this CPU runs on is its own; what the boot CPU began on is out of everybody's
// reach.
static void check_stack(void *argument)
{
	uint64_t at = (uint64_t)__builtin_frame_address(0);
	uint64_t bottom = bootinfo()->stack_top_va - BOOT_STACK_SIZE;

	(void)argument;
	EXPECT(at >= PERCPU_PAGE(STACK_MAIN_PAGE) && at < STACK_MAIN_TOP);
	for (uint64_t page = bottom; page < bottom + BOOT_STACK_SIZE; page += PAGE_SIZE) {
		uint64_t word = 0;

		EXPECT_EQ(*pagetable_find(page), 0);
		EXPECT(!copy_may_fault((void *)page, &word, sizeof(word)));
	}
}

static void test_stack(void)
{
	job_run_everywhere(check_stack, NULL, 0);
}

static const struct test test_percpu_tests[] = {
	TEST("distinct", test_distinct),
	TEST("private-data", test_private_data),
	TEST("stack", test_stack),
	TEST("tables", test_tables),
	TEST("online", test_online),
	TEST("not-online", test_not_online, .cpus = 2),
	TEST("no-memory", test_no_memory, .keeps = "a CPU that cannot start ends the VM"),
};
TEST_GROUP(test_percpu, "percpu");
