// SPDX-License-Identifier: MIT
// What this image does once the kernel runs (kernel/role.h): the tests.
#include "kernel/role.h"

#include "tests/bare/fwcfg.h"
#include "tests/svsm/groups.h"

_Noreturn void role_run(void)
{
	static char name[64];

	// The last byte stays zero.
	fwcfg_read("opt/copra/case", name, sizeof(name) - 1);
	suite_run(name);
}

_Noreturn void role_run_other(void)
{
	jobs_serve();
}

void role_ending(enum terminate_reason reason)
{
	suite_ending(reason);
}
