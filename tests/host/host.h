// SPDX-License-Identifier: MIT
// For each test of the kernel on fake hardware.
#ifndef TESTS_HOST_HOST_H
#define TESTS_HOST_HOST_H

#include "tests/host/fake/fake.h"
#include "tests/unit/unit.h"

#define assert_sound()                                                                             \
	do {                                                                                       \
		const char *wrong_ = fake_check();                                                 \
		if (wrong_ != NULL)                                                                \
			fail_msg("%s", wrong_);                                                    \
	} while (0)

// Boots once with this configuration, or with NULL for the defaults, and runs an array of tests.
#define host_run(name, tests, config)                                                              \
	(host_config = (config), cmocka_run_group_tests_name(name, tests, host_boot, NULL))

extern const struct fake_config *host_config;
int host_boot(void **context);

#endif
