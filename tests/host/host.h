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

#endif
