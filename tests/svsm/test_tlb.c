// SPDX-License-Identifier: MIT
// Flushing every CPU: those outside the kernel come back for it, those inside do it on their way
// out.
#include "kernel/tlb.h"

#include "kernel/bootinfo.h"
#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/guest_memory.h"
#include "kernel/page.h"
#include "kernel/pagetable.h"
#include "kernel/vcpu.h"
#include "tests/svsm/guest_pages.h"
#include "tests/svsm/suite.h"

static uint64_t generation_of(uint32_t index)
{
	return atomic_load(&cpus_get(index)->tlb_generation);
}

// A CPU is called back only if it has a vCPU.
static void vcpus_open(void)
{
	spinlock_acquire(&guest_lock);
	for (uint32_t i = 1; i < cpus_count(); i++)
		EXPECT_EQ(
			vcpu_register(guest_page(i), guest_page(100 + i), cpus_get(i), false, NULL),
			OK);
	spinlock_release(&guest_lock);
}

static void vcpus_close(void)
{
	spinlock_acquire(&guest_lock);
	for (uint32_t i = 1; i < cpus_count(); i++)
		vcpu_unregister(vcpu_find_by_vmsa(guest_page(i)));
	spinlock_release(&guest_lock);
}

static void flush(void)
{
	spinlock_acquire(&guest_lock);
	tlb_flush_all();
	spinlock_release(&guest_lock);
}

static bool is_outside(void *cpu)
{
	return atomic_load(&((struct cpu *)cpu)->outside);
}

// Outside a CPU may be for a moment before it sees that it has to flush: both count.
static bool all_flushed(void *argument)
{
	(void)argument;
	for (uint32_t i = 1; i < cpus_count(); i++) {
		if (!is_outside(cpus_get(i)) || generation_of(i) != generation_of(0))
			return false;
	}
	return true;
}

static void wait_all_outside(void)
{
	for (uint32_t i = 1; i < cpus_count(); i++)
		EXPECT(wait_until(is_outside, cpus_get(i)));
}

static void test_own(void)
{
	uint64_t before = generation_of(0);

	flush();
	EXPECT_EQ(generation_of(0), before + 1);
}

// With a vCPU: at once. Without: nobody is woken for it.
static void test_idle(void)
{
	vcpus_open();
	for (int round = 0; round < 50; round++) {
		wait_all_outside();
		flush();
		if (!EXPECT(wait_until(all_flushed, NULL)))
			break;
	}
	vcpus_close();
	wait_all_outside();
	uint32_t wakes = wakes_count();

	flush();
	EXPECT_EQ(wakes_count(), wakes);
}

static atomic_bool busy, stop;

static void stay_busy(void *argument)
{
	(void)argument;
	atomic_store(&busy, true);
	while (!atomic_load(&stop))
		cpu_pause();
}

static bool is_busy(void *argument)
{
	(void)argument;
	return atomic_load(&busy);
}

// A CPU in the kernel is not waited for: it may wait for a lock that the caller holds.
static void test_busy(void)
{
	vcpus_open();
	atomic_store(&busy, false);
	atomic_store(&stop, false);
	job_start(1, stay_busy, NULL);
	EXPECT(wait_until(is_busy, NULL));
	uint64_t before = generation_of(1);

	flush();
	EXPECT_EQ(generation_of(1), before);
	atomic_store(&stop, true);
	job_wait(1);
	EXPECT(wait_until(all_flushed, NULL));
	vcpus_close();
}

static uint64_t *page;

static void look(void *seen)
{
	*(uint64_t *)seen = page[0];
}

// Not only counted: the other CPU has read through a translation that is changed meanwhile.
static void test_translation(void)
{
	static uint64_t seen; // the other CPU writes it: not on this one's stack
	uint64_t *other = page_alloc();

	page = page_alloc();
	page[0] = 1;
	other[0] = 2;
	uint64_t *entry = pagetable_find((uint64_t)page);
	uint64_t before = *entry;

	vcpus_open();
	job_run(1, look, &seen);
	EXPECT_EQ(seen, 1);
	wait_all_outside();
	*entry = *pagetable_find((uint64_t)other);
	flush();
	job_run(1, look, &seen);
	EXPECT_EQ(seen, 2);
	EXPECT_EQ(page[0], 2);
	wait_all_outside();
	*entry = before;
	flush();
	job_run(1, look, &seen);
	EXPECT_EQ(seen, 1);
	vcpus_close();
	page_free(page);
	page_free(other);
}

static void flush_all(void *argument)
{
	(void)argument;
	flush();
}

// A CPU that keeps its old translations must not run on.
static void test_host_refuses(void)
{
	struct caught caught;

	vcpus_open();
	wait_all_outside();
	wakes_fail(true);
	EXPECT_EQ(catch_end(&caught, flush_all, NULL), CAUGHT_TERMINATE);
	wakes_fail(false);
	EXPECT_EQ(caught.reason, TERMINATE_CALL_BACK);
	vcpus_close();
}

static void flush_without_lock(void *argument)
{
	(void)argument;
	tlb_flush_all();
}

static void test_needs_lock(void)
{
	EXPECT_ASSERT("spinlock_is_held(&guest_lock)", flush_without_lock, NULL);
}

static const struct test test_tlb_tests[] = {
	TEST("own", test_own),
	TEST("idle", test_idle, .cpus = 2),
	TEST("busy", test_busy, .cpus = 2),
	TEST("translation", test_translation, .cpus = 2),
	TEST("host-refuses", test_host_refuses, .cpus = 2),
	TEST("needs-lock", test_needs_lock),
};
TEST_GROUP(test_tlb, "tlb");
