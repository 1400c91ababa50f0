// SPDX-License-Identifier: MIT
// What the machine's host and secure processor do to the RMP: RMPUPDATE, PSMASH, launch.
#include <stdlib.h>
#include <string.h>

#include "machine/cpu/processor.h"
#include "machine/cpu/scramble.h"
#include "tests/unit/unit.h"

#define REGION 512
#define PAGES  (3 * REGION)

struct machine_memory memory;
struct spinlock rmp_lock;
struct cpu *cpus[CPUS_MAX];
uint32_t cpu_count;

static struct cpu cpu;
static struct rmp_entry table[PAGES];
static unsigned int scrambled, flushed;
static uint64_t zapped; // pages

void *pool_alloc(size_t bytes)
{
	assert_int_equal(bytes, sizeof(table));
	memset(table, 0, sizeof(table));
	return table;
}

void machine_bug(const char *format, ...)
{
	fail_msg("machine_bug: %s", format);
	abort();
}

void scramble_page(uint64_t spa)
{
	assert_true(spa < PAGES * PAGE_SIZE);
	scrambled++;
}

void npt_zap_locked(uint64_t gfn, uint64_t pages)
{
	(void)gfn;
	assert_int_equal(rmp_lock.owner, 1);
	zapped += pages;
}

void npt_flush_others_locked(void)
{
	assert_int_equal(rmp_lock.owner, 1);
	flushed++;
}

void spin_lock(struct spinlock *lock)
{
	assert_int_equal(lock->owner, 0);
	lock->owner = 1;
}

void spin_unlock(struct spinlock *lock)
{
	assert_int_equal(lock->owner, 1);
	lock->owner = 0;
}

static int setup(void **context)
{
	(void)context;
	memory.spa_end = PAGES * PAGE_SIZE;
	cpu = (struct cpu){0};
	cpus[0] = &cpu;
	cpu_count = 1;
	rmp_init();
	scrambled = flushed = 0;
	zapped = 0;
	return 0;
}

static int assign(uint64_t page, uint64_t gpa_page, bool large)
{
	const struct rmp_update update = {
		.gpa = gpa_page * PAGE_SIZE, .assigned = true, .large = large, .asid = 1};

	return rmp_update(page * PAGE_SIZE, &update);
}

static int take(uint64_t page, bool large)
{
	const struct rmp_update update = {.large = large};

	return rmp_update(page * PAGE_SIZE, &update);
}

static void assigns_and_takes_back(void **context)
{
	(void)context;
	assert_int_equal(assign(5, 77, false), RMP_SUCCESS);
	assert_true(rmp_is_assigned(5 * PAGE_SIZE + 123));
	assert_false(rmp_is_assigned(6 * PAGE_SIZE));
	assert_int_equal(table[5].gfn, 77);
	assert_int_equal(table[5].asid, 1);
	assert_false(table[5].validated);
	assert_int_equal(table[5].perms[0], RMP_PERM_RWX);
	assert_int_equal(table[5].perms[1] | table[5].perms[2] | table[5].perms[3], 0);
	assert_true(flushed > 0 && zapped > 0);
	// Nobody has looked at it yet: nothing to scramble.
	assert_int_equal(take(5, false), RMP_SUCCESS);
	assert_int_equal(scrambled, 0);
	assert_false(rmp_is_assigned(5 * PAGE_SIZE));
	// The guest has used it: what it wrote is seen as ciphertext.
	assert_int_equal(assign(5, 77, false), RMP_SUCCESS);
	table[5].scrambled = 0;
	table[5].validated = 1;
	table[5].perms[2] = RMP_PERM_RWX;
	assert_int_equal(assign(5, 78, false), RMP_SUCCESS);
	assert_int_equal(scrambled, 1);
	assert_false(table[5].validated);
	assert_int_equal(table[5].perms[2], 0);
	assert_int_equal(table[5].gfn, 78);
}

static void large_pieces(void **context)
{
	(void)context;
	assert_int_equal(assign(REGION, 2 * REGION, true), RMP_SUCCESS);
	for (uint64_t i = 0; i < REGION; i++) {
		assert_true(table[REGION + i].large && table[REGION + i].assigned);
		assert_int_equal(table[REGION + i].gfn, 2 * REGION + i);
	}
	assert_false(table[2 * REGION].assigned);
	assert_int_equal(take(REGION + 3, false), RMP_FAIL_OVERLAP); // split it first
	assert_int_equal(rmp_psmash((REGION + 1) * PAGE_SIZE), RMP_FAIL_INPUT);
	assert_int_equal(rmp_psmash(REGION * PAGE_SIZE), RMP_SUCCESS);
	assert_false(table[REGION].large || table[2 * REGION - 1].large);
	assert_int_equal(rmp_psmash(REGION * PAGE_SIZE), RMP_FAIL_INPUT); // is small already
	assert_int_equal(rmp_psmash(0), RMP_FAIL_INPUT);		  // nobody's
	assert_int_equal(rmp_psmash(PAGES * PAGE_SIZE), RMP_FAIL_INPUT);
	assert_int_equal(take(REGION + 3, false), RMP_SUCCESS);
	assert_int_equal(assign(REGION, 2 * REGION, true), RMP_FAIL_OVERLAP);
	assert_int_equal(take(REGION, true), RMP_SUCCESS);
	assert_int_equal(assign(REGION, 2 * REGION, true), RMP_SUCCESS);
}

static void wrong_addresses(void **context)
{
	(void)context;
	assert_int_equal(assign(PAGES, 1, false), RMP_FAIL_INPUT);
	assert_int_equal(assign(REGION + 1, 0, true), RMP_FAIL_INPUT);
	assert_int_equal(assign(REGION, 1, true), RMP_FAIL_INPUT);
	const struct rmp_update update = {.gpa = 8, .assigned = true};

	assert_int_equal(rmp_update(PAGE_SIZE, &update), RMP_FAIL_INPUT);
	assert_int_equal(rmp_update(PAGE_SIZE + 8, &(struct rmp_update){0}), RMP_FAIL_INPUT);
	assert_int_equal(rmp_firmware_assign(8, 0, false), RMP_FAIL_INPUT);
	assert_int_equal(rmp_firmware_assign(0, 8, false), RMP_FAIL_INPUT);
	assert_int_equal(rmp_firmware_assign(PAGES * PAGE_SIZE, 0, false), RMP_FAIL_INPUT);
	assert_null(rmp_entry_locked(PAGES * PAGE_SIZE));
	assert_false(rmp_is_assigned(UINT64_MAX));
	for (size_t i = 0; i < PAGES; i++)
		assert_false(table[i].assigned);
}

static void a_vmsa_that_runs_stays(void **context)
{
	(void)context;
	assert_int_equal(rmp_firmware_assign(7 * PAGE_SIZE, 9 * PAGE_SIZE, true), RMP_SUCCESS);
	assert_true(table[7].vmsa && table[7].validated && table[7].assigned);
	assert_int_equal(table[7].gfn, 9);
	assert_int_equal(table[7].perms[0], RMP_PERM_RWX);
	cpu.vmsa_in_use = 7 * PAGE_SIZE;
	assert_true(rmp_vmsa_in_use(7 * PAGE_SIZE + 8));
	assert_int_equal(take(7, false), RMP_FAIL_INUSE);
	assert_int_equal(assign(7, 9, false), RMP_FAIL_INUSE);
	assert_int_equal(take(0, true), RMP_FAIL_INUSE);
	assert_true(table[7].validated);
	cpu.vmsa_in_use = 0;
	assert_int_equal(take(7, false), RMP_SUCCESS);
	assert_false(table[7].vmsa);
	assert_int_equal(scrambled, 1); // launch keeps contents in clear
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(assigns_and_takes_back, setup),
		cmocka_unit_test_setup(large_pieces, setup),
		cmocka_unit_test_setup(wrong_addresses, setup),
		cmocka_unit_test_setup(a_vmsa_that_runs_stays, setup),
	};

	return cmocka_run_group_tests_name("rmp", tests, NULL, NULL);
}
