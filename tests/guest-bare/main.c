// SPDX-License-Identifier: MIT
#include "tests/guest-bare/fuzz.h"

#include "lib/string.h"
#include "tests/coverage/coverage.h"

// Ends the run; an SVSM that counts its lines writes the counters out first.
static _Noreturn void end(void)
{
	svsm_core(SVSM_CORE_QUERY_PROTOCOL, (uint64_t)COVERAGE_PROTOCOL << 32 | 1, 0, 0);
	report_end();
}

static const struct {
	const char *name;
	void (*run)(void);
} groups[] = {
	{"environment", test_environment},
	{"protocols", test_protocols},
	{"call_pending", test_call_pending},
	{"PVALIDATE", test_pvalidate},
	{"PVALIDATE lists", test_pvalidate_lists},
	{"REMAP_CA", test_remap},
	{"CREATE_VCPU", test_create},
	{"limits", test_limits},
	{"running vCPU", test_running},
	{"PVALIDATE race", test_pvalidate_race},
	{"lost pages", test_lost_pages},
	{"flash", test_flash},
};

_Noreturn void test_main(uint32_t argument, const char *case_name)
{
	(void)argument;
	svsm_caa_set(secrets->svsm_caa);
	cpus_find();
	if (strcmp(case_name, "stress") == 0) {
		report_group("stress");
		run_stress();
		end();
	}
	if (strcmp(case_name, "bench") == 0) {
		run_bench();
		end();
	}
	if (strcmp(case_name, "vtpm") == 0) {
		report_group("vTPM");
		run_vtpm();
		report_end();
	}
	if (strcmp(case_name, "reboot") == 0) {
		report_group("reboot");
		run_reboot();
		report_end();
	}
	if (strcmp(case_name, "vtpm-fuzz") == 0) {
		report_group("vTPM fuzzing");
		run_fuzz_vtpm();
		report_end();
	}
	if (strcmp(case_name, "reborn") == 0) {
		report_group("reborn");
		run_reborn();
		report_end();
	}
	if (strcmp(case_name, "services") == 0) {
		report_group("services");
		run_services();
		report_end();
	}
	if (strcmp(case_name, "vtpm-steps") == 0) {
		report_group("vTPM steps");
		run_vtpm_steps();
		report_group("vTPM latency");
		run_vtpm_latency();
		report_end();
	}
	if (strcmp(case_name, "dead-vtpm") == 0) {
		report_group("dead vTPM");
		run_dead_vtpm();
		report_end();
	}
	if (*case_name) {
		if (!stop_case(case_name))
			report_abort("no case %s", case_name);
		report_abort("case %s: the VM was not stopped", case_name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		report_group(groups[i].name);
		groups[i].run();
	}
	end();
}
