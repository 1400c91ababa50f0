// SPDX-License-Identifier: MIT
// The groups of tests, in the order in which they run.
#ifndef SUITE_GROUPS_H
#define SUITE_GROUPS &test_exceptions, &test_locks, &test_lock_order, &test_user, &test_ends

#include "tests/svsm/suite.h"

extern const struct test_group test_exceptions, test_locks, test_lock_order, test_user, test_ends;

#define SUITE_GROUPS &test_exceptions, &test_locks, &test_lock_order, &test_user, &test_ends

_Noreturn void suite_run(const char *name);
void suite_ending(enum terminate_reason reason);

#endif
