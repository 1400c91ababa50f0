// SPDX-License-Identifier: MIT
// Operations of several steps, with each allocation failing in turn: they say so, and keep nothing.
#include "kernel/bootinfo.h"
#include "kernel/layout.h"
#include "kernel/page.h"
#include "kernel/percpu.h"
#include "kernel/snp/rmp.h"
#include "kernel/snp/vmsa_init.h"
#include "kernel/user/process.h"
#include "tests/svsm/suite.h"

extern const uint8_t program_probe[], program_probe_end[];

static struct process process;

static enum error process_once(void *program)
{
	struct bytes *bytes = program;
	enum error err = process_create(&process, "probe", *bytes, MIB(2));

	if (err == OK)
		process_destroy(&process);
	return err;
}

static void test_process(void)
{
	struct bytes program =
		bytes_make(program_probe, (size_t)(program_probe_end - program_probe));

	suite_note("a program needs %u allocations", alloc_fail_each(process_once, &program));
}

static enum error vcpu_once(void *argument)
{
	gpa_t vmsa = {0};
	enum error err = platform_boot_vcpu_create(gpa_make(0xfffffff0), &vmsa);

	(void)argument;
	if (err != OK)
		return err;
	// An ordinary page again
	EXPECT_EQ(rmp_grant_guest(vaddr_from_ptr(kernel_ptr(vmsa)), RMP_PAGE_4K), OK);
	EXPECT_EQ(rmp_revoke_guest(vaddr_from_ptr(kernel_ptr(vmsa)), RMP_PAGE_4K), OK);
	page_free(kernel_ptr(vmsa));
	return OK;
}

static void test_boot_vcpu(void)
{
	EXPECT_EQ(alloc_fail_each(vcpu_once, NULL), 1);
}

static void test_start_cpu(void)
{
	static const struct cpu nobody = {.apic_id = 0xfffffff0};

	alloc_fail(1);
	EXPECT_EQ(platform_start_cpu(&nobody, this_cpu()->root), ERR_NO_MEMORY);
	alloc_fail(0);
}

// Some processors cannot run a VMSA at a 2 MiB border: of all memory, those pages are left out.
static void test_vmsa_border(void)
{
	void **first = NULL;
	uint64_t count = page_count_free();

	for (;;) {
		void **page = vaddr_to_ptr(vaddr_from_ptr(vmsa_page_alloc()));

		if (page == NULL)
			break;
		EXPECT(!IS_ALIGNED((uint64_t)page, HUGE_PAGE_SIZE));
		page[0] = first;
		first = page;
	}
	EXPECT(page_count_free() > 0 && page_count_free() < 10);
	while (first != NULL) {
		void **page = first;

		first = page[0];
		page_free(page);
	}
	EXPECT_EQ(page_count_free(), count);
}

static const struct test test_memory_tests[] = {
	TEST("process", test_process),
	TEST("boot-vcpu", test_boot_vcpu, .snp = "there are no vCPUs here"),
	TEST("start-cpu", test_start_cpu, .snp = "starting a CPU needs no memory here"),
	TEST("vmsa-border", test_vmsa_border, .snp = "there are no vCPUs here"),
};
TEST_GROUP(test_memory, "memory");
