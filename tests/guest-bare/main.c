// SPDX-License-Identifier: MIT
#include "tests/guest-bare/fuzz.h"

#include "lib/string.h"
#include "tests/bare/groups.h"
#include "tests/coverage/coverage.h"

// Ends the run; an SVSM that counts its lines writes the counters out first.
static _Noreturn void end(void)
{
	svsm_core(SVSM_CORE_QUERY_PROTOCOL, (uint64_t)COVERAGE_PROTOCOL << 32 | 1, 0, 0);
	report_end();
}

static const struct group groups[] = {
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

static void run_steps(void)
{
	run_vtpm_steps();
	report_group("vTPM latency");
	run_vtpm_latency();
}

// Runs of their own, by the case's name
static const struct {
	const char *name, *group;
	void (*run)(void);
} runs[] = {
	{"vtpm", "vTPM", run_vtpm},
	{"vtpm-fuzz", "vTPM fuzzing", run_fuzz_vtpm},
	{"vtpm-steps", "vTPM steps", run_steps},
	{"services", "services", run_services},
	{"switches", "switches of planes", run_switches},
	{"reborn", "reborn", run_reborn},
	{"hang", "hang", run_hang},
	{"busy", "busy", run_busy},
	{"dead-vtpm", "dead vTPM", run_dead_vtpm},
	{"reboot", "reboot", run_reboot},
	{"reboot-many", "reboots", run_reboot_many},
	{"reboot-pattern", "reboot with a pattern", run_reboot_pattern},
	{"reboot-dma", "reboot with devices at work", run_reboot_dma},
	{"reboot-stop", "reboot with busy CPUs", run_reboot_stop},
	{"reboot-tpm", "reboot with a TPM", run_reboot_tpm},
	{"reboot-dead-vtpm", "reboot with a dead vTPM", run_reboot_dead_vtpm},
	{"reboot-failures", "reboot that fails", run_reboot_failures},
	{"reboot-bench", "reboot", run_reboot_bench},
};

uint64_t start_tsc;

_Noreturn void test_main(uint32_t argument, const char *case_name)
{
	start_tsc = (uint64_t)argument << 8;
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
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		if (strcmp(case_name, runs[i].name) != 0)
			continue;
		report_group(runs[i].group);
		runs[i].run();
		report_end();
	}
	if (*case_name)
		stop_case(case_name);
	groups_run(groups, ARRAY_SIZE(groups));
	end();
}
