// SPDX-License-Identifier: MIT
// The groups of tests, in the order in which they run; what watches the others comes last.
#ifndef SUITE_GROUPS_H
#define SUITE_GROUPS_H

#include "tests/svsm/suite.h"

#define SUITE_GROUPS(X)                                                                            \
	X(test_log)                                                                                \
	X(test_exceptions)                                                                         \
	X(test_pagetable)                                                                          \
	X(test_copy)                                                                               \
	X(test_pages)                                                                              \
	X(test_slab)                                                                               \
	X(test_locks)                                                                              \
	X(test_percpu)                                                                             \
	X(test_memory)                                                                             \
	X(test_ipi)                                                                                \
	X(test_platform)                                                                           \
	X(test_quiesce)                                                                            \
	X(test_rmp)                                                                                \
	X(test_vc)                                                                                 \
	X(test_ghcb)                                                                               \
	X(test_vcpus)                                                                              \
	X(test_vmsas)                                                                              \
	X(test_tlb)                                                                                \
	X(test_guest)                                                                              \
	X(test_request)                                                                            \
	X(test_growth)                                                                             \
	X(test_user)                                                                               \
	X(test_slices)                                                                             \
	X(test_channels)                                                                           \
	X(test_waiting)                                                                            \
	X(test_namespaces)                                                                         \
	X(test_secrets)                                                                            \
	X(test_devices)                                                                            \
	X(test_registers)                                                                          \
	X(test_lock_order)                                                                         \
	X(test_ends)

#define X(group) extern const struct test_group group;
SUITE_GROUPS(X)
#undef X

_Noreturn void suite_run(const char *name);
void suite_ending(enum terminate_reason reason);

#endif
