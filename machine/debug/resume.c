// SPDX-License-Identifier: MIT
// Which CPUs go on, and how: packets vCont, c and s.
#include "machine/debug/gdb.h"

static void resume_one(
	enum resume how[CPUS_MAX], bool given[CPUS_MAX], const char *id, enum resume what)
{
	uint32_t only = 0;

	if (id && *id != '-')
		only = (uint32_t)hex_number(&id);
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (given[i] || (only && only != i + 1))
			continue;
		given[i] = true;
		how[i] = what;
	}
}

// vCont;action[:thread];...: for each thread the first action that names it counts.
bool resume_parse(const char *text, enum resume how[CPUS_MAX])
{
	bool given[CPUS_MAX] = {false};

	while (*text == ';') {
		char action = *++text;

		if (action != 'c' && action != 'C' && action != 's' && action != 'S')
			return false;
		while (*text && *text != ':' && *text != ';')
			text++;
		resume_one(how, given, *text == ':' ? text + 1 : NULL,
			action == 'c' || action == 'C' ? RESUME_RUN : RESUME_STEP);
		while (*text && *text != ';')
			text++;
	}
	return true;
}

bool resume_old(const char *text, const struct plane *selected, enum resume how[CPUS_MAX])
{
	bool step = text[0] == 's' || text[0] == 'S';

	for (uint32_t i = 0; i < cpu_count; i++)
		how[i] = step ? RESUME_HOLD : RESUME_RUN;
	if (step && selected)
		how[selected->cpu->index] = RESUME_STEP;
	return true;
}
