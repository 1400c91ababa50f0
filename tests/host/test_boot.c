// SPDX-License-Identifier: MIT
// The kernel's start from kernel_start() to the guest's first instruction, and what stops it.
#include "tests/host/host.h"

static void boots(void **context)
{
	(void)context;
	assert_int_equal(fake_boot(NULL), FAKE_RETURNED);
	assert_true(fake_console_has("starting firmware at VMPL2"));
	assert_sound();
	assert_int_equal(fake_core(SVSM_CORE_CONFIGURE_VTOM, 1, 0, 0), SVSM_SUCCESS);
	assert_sound();
}

static void boots_with_large_pages(void **context)
{
	const struct fake_config config = {.region_size = MIB(16), .cpus = 4};

	(void)context;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_true(fake_console_has("CPUs: 4 online"));
	assert_sound();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boots),
		cmocka_unit_test(boots_with_large_pages),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
