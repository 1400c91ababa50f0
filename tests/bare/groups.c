// SPDX-License-Identifier: MIT
#include "tests/bare/groups.h"

#include "lib/string.h"
#include "tests/bare/report.h"

void groups_run(const struct group *groups, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		report_group(groups[i].name);
		groups[i].run();
	}
}

_Noreturn void group_stop(const struct group *cases, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(cases[i].name, name) != 0)
			continue;
		report_note("case %s", name);
		cases[i].run();
		report_abort("case %s: the VM was not stopped", name);
	}
	report_abort("no case %s", name);
}
