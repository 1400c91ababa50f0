// SPDX-License-Identifier: MIT
// The table of the guest's vCPUs, and the slots through which guest memory is reached.
#include "kernel/vcpu.h"

#include "kernel/guest_memory.h"
#include "kernel/tempmap.h"
#include "tests/svsm/guest_pages.h"
#include "tests/svsm/suite.h"

static struct cpu cpus_of_test[2] = {{.index = 0}, {.index = 1}};

static struct vcpu *add(gpa_t vmsa, gpa_t caa, struct cpu *cpu)
{
	struct vcpu *vcpu = NULL;

	EXPECT_EQ(vcpu_register(vmsa, caa, cpu, false, &vcpu), OK);
	return vcpu;
}

static void test_table(void)
{
	spinlock_acquire(&guest_lock);
	struct vcpu *one = add(guest_page(1), guest_page(2), &cpus_of_test[0]);
	struct vcpu *two = add(guest_page(3), guest_page(2), &cpus_of_test[0]);

	EXPECT(cpus_of_test[0].vcpu == two);
	EXPECT(vcpu_find_by_vmsa(guest_page(1)) == one && vcpu_find_by_vmsa(guest_page(3)) == two);
	EXPECT(vcpu_find_by_vmsa(guest_page(2)) == NULL);
	EXPECT(vcpu_uses_vmsa_in(guest_page(0), 2 * PAGE_SIZE));
	EXPECT(!vcpu_uses_vmsa_in(guest_page(2), PAGE_SIZE));
	EXPECT(vcpu_uses_page_in(guest_page(2), PAGE_SIZE));
	EXPECT(!vcpu_uses_page_in(guest_page(4), PAGE_SIZE));
	EXPECT(vcpu_is_caa_of_other(guest_page(2), &cpus_of_test[1]));
	EXPECT(!vcpu_is_caa_of_other(guest_page(2), &cpus_of_test[0]));
	vcpu_unregister(one);
	EXPECT(cpus_of_test[0].vcpu == two);
	vcpu_unregister(two);
	EXPECT(cpus_of_test[0].vcpu == NULL);
	EXPECT(!vcpu_uses_page_in(guest_page(0), 10 * PAGE_SIZE));
	spinlock_release(&guest_lock);
}

static void test_limit(void)
{
	uint64_t count = 0;

	spinlock_acquire(&guest_lock);
	while (count <= VCPUS_MAX && vcpu_register(guest_page(count), guest_page(1000),
					     &cpus_of_test[0], false, NULL) == OK)
		count++;
	EXPECT_EQ(count, VCPUS_MAX);
	EXPECT_EQ(vcpu_register(guest_page(count), guest_page(1000), &cpus_of_test[0], false, NULL),
		ERR_LIMIT);
	for (uint64_t i = 0; i < count; i++)
		vcpu_unregister(vcpu_find_by_vmsa(guest_page(i)));
	spinlock_release(&guest_lock);
}

static void test_serving(void)
{
	EXPECT(vcpu_begin() == NULL);
	spinlock_acquire(&guest_lock);
	struct vcpu *own = add(guest_page(1), guest_page(2), this_cpu()->cpu);

	spinlock_release(&guest_lock);
	EXPECT(vcpu_begin() == own && own->serving);
	vcpu_end(own);
	EXPECT(!own->serving);
	spinlock_acquire(&guest_lock);
	vcpu_unregister(own);
	spinlock_release(&guest_lock);
}

static void map_again(void *argument)
{
	(void)argument;
	tempmap_page(TEMP_COPY, guest_page(0));
}

static void map_odd(void *argument)
{
	(void)argument;
	tempmap_page(TEMP_COPY, gpa_make(GUEST_TEST_GPA + 8));
}

static void map_huge_odd(void *argument)
{
	(void)argument;
	tempmap_huge(guest_page(1));
}

static void map_device_odd(void *argument)
{
	(void)argument;
	tempmap_device(gpa_make(0xfec00004));
}

static void test_slots(void)
{
	vaddr_t va = tempmap_page(TEMP_COPY, guest_page(0));

	EXPECT_ASSERT("*entry == 0", map_again, NULL);
	EXPECT(vaddr_value(tempmap_page(TEMP_CAA, guest_page(0))) != vaddr_value(va));
	tempmap_unmap(TEMP_CAA);
	tempmap_unmap(TEMP_COPY);
	EXPECT_ASSERT("gpa_is_aligned(page, PAGE_SIZE)", map_odd, NULL);
	EXPECT_ASSERT("*entry == 0 && gpa_is_aligned(page, HUGE_PAGE_SIZE)", map_huge_odd, NULL);
	EXPECT_ASSERT("gpa_is_aligned(page, PAGE_SIZE)", map_device_odd, NULL);
}

static const struct test test_vcpus_tests[] = {
	TEST("table", test_table),
	TEST("limit", test_limit),
	TEST("serving", test_serving),
	TEST("slots", test_slots),
};
TEST_GROUP(test_vcpus, "vcpus");
