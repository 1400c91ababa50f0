// SPDX-License-Identifier: MIT
#include "tests/conformance/conformance.h"

#include "lib/string.h"
#include "tests/bare/groups.h"

const struct boot_info *boot_info;
uint32_t cpu_count;

static const struct group groups[] = {
	{"SEV_STATUS", test_status},
	{"CPUID", test_cpuid},
	{"MSR protocol", test_msr_protocol},
	{"GHCB format", test_ghcb_format},
	{"GHCB exits", test_ghcb_exits},
	{"page state change", test_psc},
	{"guest request", test_requests},
	{"guest messages", test_attest},
	{"PVALIDATE", test_pvalidate},
	{"RMPADJUST", test_rmpadjust},
	{"RMPQUERY", test_rmpquery},
	{"access", test_access},
	{"contents", test_contents},
	{"#VC", test_vc},
	{"VMPLs", test_planes},
	{"debug registers", test_debug},
	{"permissions", test_permissions},
	{"registers", test_state},
	{"#VC, 32 bits", test_vc32},
	{"CPL 3", test_user},
	{"VMSA", test_vmsa},
	{"AP creation", test_ap_creation},
	{"#HV", test_doorbell},
	{"two CPUs", test_smp},
	{"reset", test_reset},
};

static void cpus_find(void)
{
	uint32_t ids[BARE_CPUS_MAX] = {0};

	need_shared(BARE_LIST_GPA);
	cpu_count = ghcb_apic_ids(BARE_LIST_GPA, ids, BARE_CPUS_MAX / 2);
	for (uint32_t i = 1; i < cpu_count; i++) {
		need_shared(BARE_GHCB_GPA(i));
		bare_cpu_init(i, ids[i], BARE_GHCB_GPA(i));
	}
}

_Noreturn void test_main(uint32_t argument, const char *case_name)
{
	boot_info = (const struct boot_info *)(uint64_t)argument;
	cpus_find();
	if (strcmp(case_name, "vc32-pae") == 0) {
		report_group("#VC, 32 bits with PAE paging");
		test_vc32_pae();
		report_end();
	}
	if (*case_name)
		stop_case(case_name);
	groups_run(groups, ARRAY_SIZE(groups));
	report_end();
}
