// SPDX-License-Identifier: MIT
// Tables of what a bare-metal test runs.
#ifndef BARE_GROUPS_H
#define BARE_GROUPS_H

#include "lib/util.h"

struct group {
	const char *name;
	void (*run)(void);
};

// All of them, each with its name before those of its tests
void groups_run(const struct group *groups, size_t count);

// The one of this name, which has to end the VM
_Noreturn void group_stop(const struct group *cases, size_t count, const char *name);

#endif
