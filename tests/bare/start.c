// SPDX-License-Identifier: MIT
#include "tests/bare/start.h"

#include "tests/bare/fwcfg.h"
#include "tests/bare/ghcb.h"
#include "tests/bare/report.h"

static char case_name[CASE_NAME_MAX];

void bare_start(uint32_t argument)
{
	__asm__ volatile("fninit");
	wrmsr(MSR_GS_BASE, (uint64_t)&bare_cpus[0]);
	bare_cpu_init(0, 0, BARE_GHCB_GPA(0));
	trap_init();
	if (!ghcb_page_state(BARE_GHCB_GPA(0), PSC_OP_SHARED))
		for (;;) // nowhere to say it
			cpu_pause();
	ghcb_register();
	fwcfg_read("opt/copra/case", case_name, sizeof(case_name) - 1);
	test_main(argument, case_name);
}
