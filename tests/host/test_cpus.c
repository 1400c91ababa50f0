// SPDX-License-Identifier: MIT
// Which CPUs there are, by MADT or without, and how they start.
#include "hw/ghcb.h"
#include "kernel/cpus.h"
#include "tests/host/host.h"

static struct fake_config config;
static uint32_t entry_wrong; // of the MADT
static uint32_t host_count;

static uint8_t *madt_of(const struct boot_info *info)
{
	return fake_ptr(info->madt.gpa);
}

static void without_madt(struct boot_info *info)
{
	info->madt.size = 0;
	memcpy(fake_ptr(info->general_gpa) + BOOT_GENERAL_VP_COUNT, &host_count,
		sizeof(host_count));
}

static void with_same_id_twice(struct boot_info *info)
{
	memcpy(madt_of(info) + 44 + 16 * entry_wrong + 4, madt_of(info) + 44 + 4, 4);
}

static void with_damage(struct boot_info *info)
{
	madt_of(info)[0] = 0;
}

static void with_an_unknown_cpu(struct boot_info *info)
{
	madt_of(info)[44 + 16 * entry_wrong + 4] = 1; // the fake's host has even ids
}

static bool keeps_cpus(struct ghcb *ghcb)
{
	if (ghcb->sw_exit_code != GHCB_EXIT_AP_CREATION || (ghcb->sw_exit_info_1 >> 16 & 0xf) != 0)
		return false;
	fake_ghcb_answer(ghcb, GHCB_RESULT_OK); // and starts nothing
	return true;
}

static void with_a_host_that_keeps_them(struct boot_info *info)
{
	(void)info;
	fake_host_exit(keeps_cpus);
}

static int boot(uint32_t cpus, void (*prepare)(struct boot_info *))
{
	config = (struct fake_config){.cpus = cpus, .prepare = prepare, .region_size = MIB(16)};
	return fake_boot(&config);
}

static void starts_those_of_the_madt(void **context)
{
	(void)context;
	assert_int_equal(boot(FAKE_CPUS_MAX, NULL), FAKE_RETURNED);
	assert_int_equal(cpus_count(), FAKE_CPUS_MAX);
	for (uint32_t i = 0; i < FAKE_CPUS_MAX; i++) {
		assert_int_equal(cpus_get(i)->apic_id, 2 * i);
		assert_true(atomic_load(&cpus_get(i)->online));
		assert_true(atomic_load(&cpus_get(i)->outside));
		assert_ptr_equal(cpus_find_online(2 * i), cpus_get(i));
	}
	assert_null(cpus_find_online(2 * FAKE_CPUS_MAX));
	assert_null(cpus_find_online(UINT32_MAX));
	atomic_store(&cpus_get(3)->online, false);
	assert_null(cpus_find_online(6));
	assert_sound();
}

static void counts_without_a_madt(void **context)
{
	(void)context;
	host_count = 1;
	assert_int_equal(boot(1, without_madt), FAKE_RETURNED);
	assert_int_equal(cpus_count(), 1);
	assert_true(fake_console_has("no usable MADT: APIC ids 0 to 0 assumed"));
	host_count = 0;
	assert_int_equal(boot(1, without_madt), FAKE_RETURNED);
	assert_int_equal(cpus_count(), 1);
	assert_int_equal(boot(1, with_damage), FAKE_RETURNED);
	assert_true(fake_console_has("no usable MADT"));
	host_count = CPUS_MAX + 1;
	assert_int_equal(boot(1, without_madt), TERMINATE_MEMORY_MAP);
	host_count = UINT32_MAX;
	assert_int_equal(boot(1, without_madt), TERMINATE_MEMORY_MAP);
}

static void ends_with_wrong_ids(void **context)
{
	(void)context;
	for (entry_wrong = 1; entry_wrong < 4; entry_wrong++) {
		assert_int_equal(boot(4, with_same_id_twice), TERMINATE_MEMORY_MAP);
		assert_int_equal(boot(4, with_an_unknown_cpu), TERMINATE_CPU_START);
	}
}

static void ends_when_one_does_not_start(void **context)
{
	(void)context;
	assert_int_equal(boot(3, with_a_host_that_keeps_them), TERMINATE_CPU_START);
	assert_true(fake_console_has("CPU 1 (APIC id 2) did not start"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_those_of_the_madt),
		cmocka_unit_test(counts_without_a_madt),
		cmocka_unit_test(ends_with_wrong_ids),
		cmocka_unit_test(ends_when_one_does_not_start),
	};

	return cmocka_run_group_tests_name("cpus", tests, NULL, NULL);
}
