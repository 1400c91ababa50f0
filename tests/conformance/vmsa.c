// SPDX-License-Identifier: MIT
// VMSA pages, AP creation, and two CPUs. Source: APM volume 2, section 15.36.12; document 56421,
// section 4.1.9; refusals as KVM's.
#include "tests/conformance/plane.h"

#define AP_VMSA	  (REGION(17) + 0x1000)
#define AP_CPU	  1
#define WATCHED	  REGION(18) // page that the second CPU reads all the time
#define DOORBELL1 (BARE_FREE_GPA + 0x8000)
#define WAIT_MS	  2000

void test_vmsa(void)
{
	const uint64_t gpa = REGION(17) + 0x2000;

	need_valid(gpa);
	expect(rmpadjust(gpa, 0, RMPADJUST_RDX(1, 0) | RMPADJUST_VMSA).code, RMP_SUCCESS,
		"a page becomes a VMSA");
	try_read(private_ptr(gpa));
	expect(trap_taken().vector, TRAP_NONE, "VMPL0 may read it while no CPU runs on it");
	expect(rmpadjust(gpa, 0, RMPADJUST_RDX(2, RMP_PERM_R) | RMPADJUST_VMSA).code, RMP_SUCCESS,
		"permissions of a VMSA change");
	expect(rmpadjust(gpa, 0, RMPADJUST_RDX(1, 0)).code, RMP_SUCCESS,
		"it is a plain page again");
	expect(rmp_value(pvalidate(gpa, 0, 0)), RMP_SUCCESS, "and can be invalidated");
	expect(rmpadjust(this_cpu()->ghcb_gpa + BARE_SHARED_VA, 0,
		       RMPADJUST_RDX(1, 0) | RMPADJUST_VMSA)
			.code,
		RMP_FAIL_INPUT, "a shared page as a VMSA");
}

void test_ap_creation(void)
{
	const uint64_t features = FEATURES_VMPL0, vmsa = AP_VMSA;
	const struct {
		const char *name;
		uint32_t apic_id;
		unsigned vmpl, request;
		uint64_t vmsa, features;
	} rows[] = {
		{"unknown APIC id", 99, 0, AP_CREATE, vmsa, features},
		{"VMPL4", 0, 4, AP_CREATE, vmsa, features},
		{"reserved bits beside the VMPL", 0, 0x11, AP_CREATE, vmsa, features},
		{"request 3", 0, 1, 3, vmsa, features},
		{"features without SNP", 0, 1, AP_CREATE, vmsa, features & ~1ull},
		{"restricted and alternate injection", 0, 1, AP_CREATE, vmsa,
			features | SEV_FEATURE_ALTERNATE_INJECTION},
		{"virtual TOM", 0, 1, AP_CREATE, vmsa, features | SEV_FEATURE_VTOM},
		{"reflected #VC", 0, 1, AP_CREATE, vmsa, features | SEV_FEATURE_REFLECT_VC},
		{"secure TSC", 0, 1, AP_CREATE, vmsa, features | SEV_FEATURE_SECURE_TSC},
		{"a feature bit without a name", 0, 1, AP_CREATE, vmsa, features | 1ull << 40},
		{"VMSA not aligned", 0, 1, AP_CREATE, vmsa + 8, features},
		{"VMSA at a 2 MiB boundary", 0, 1, AP_CREATE, REGION(17), features},
		{"VMSA beyond the address space", 0, 1, AP_CREATE, bare_cbit, features},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		expect(ghcb_ap_creation(rows[i].apic_id, rows[i].vmpl, rows[i].request,
			       rows[i].vmsa, rows[i].features)
				.info_1,
			GHCB_RESULT_MALFORMED, "%s", rows[i].name);
}

static _Atomic bool ap_watch;
static _Atomic uint32_t ap_found;

static void ap_main(void)
{
	ghcb_exit(ghcb_begin(), GHCB_EXIT_HV_DOORBELL, HV_DOORBELL_SET, DOORBELL1);
	for (;;) {
		while (!ap_watch)
			cpu_pause();
		do {
			try_read(private_ptr(WATCHED));
		} while (trap_taken().vector == TRAP_NONE && ap_watch);
		ap_found = RAISED((uint32_t)trap_taken().vector, (uint32_t)trap_taken().error);
		ap_watch = false;
	}
}

static void test_start(void)
{
	struct bare_cpu *cpu = &bare_cpus[AP_CPU];

	need_shared(DOORBELL1);
	need_valid(AP_VMSA);
	cpu->main = ap_main;
	bare_vmsa_fill(private_ptr(AP_VMSA), AP_CPU, 0, FEATURES_VMPL0);
	vmsa_seal(AP_VMSA);
	expect(ghcb_ap_creation(cpu->apic_id, 0, AP_CREATE, AP_VMSA, FEATURES_VMPL0).info_1, 0,
		"AP creation");
	expect_true(wait_for(cpu->running, WAIT_MS), "the second CPU runs");
}

static void test_in_use(void)
{
	expect_true(wait_for(rmpadjust(AP_VMSA, 0, RMPADJUST_RDX(1, 0)).code == RMP_FAIL_INUSE,
			    WAIT_MS),
		"RMPADJUST of a VMSA that runs: in use");
	expect_true(
		!ghcb_page_state(AP_VMSA, PSC_OP_SHARED), "the host cannot take a VMSA that runs");
}

static void test_flush(void)
{
	need_valid(WATCHED);
	ap_found = 0;
	ap_watch = true;
	for (volatile unsigned i = 0; i < 1000000; i++)
		;
	expect(ap_found, 0, "the second CPU reads a page");
	pvalidate(WATCHED, 0, 0);
	expect_true(wait_for(!ap_watch, WAIT_MS), "and stops when it is invalidated");
	expect(ap_found, RAISED(VEC_VC, VMEXIT_PAGE_NOT_VALIDATED), "by #VC");
	ap_watch = false;
}

static void test_remote_ipi(void)
{
	struct bare_cpu *cpu = &bare_cpus[AP_CPU];
	volatile struct hv_doorbell *page = shared_ptr(DOORBELL1);

	page->vector = page->flags = 0;
	expect(ghcb_exit(ghcb_begin(), GHCB_EXIT_HV_IPI, (uint64_t)cpu->apic_id << 32 | 0x61, 0)
			.info_1,
		0, "#HV IPI to the second CPU");
	expect_true(wait_for(cpu->hv_count, WAIT_MS), "it gets #HV");
	expect(page->vector, 0x61, "and the vector");
}

static void test_destroy(void)
{
	expect(ghcb_ap_creation(bare_cpus[AP_CPU].apic_id, 0, AP_DESTROY, 0, 0).info_1, 0,
		"AP destroy");
	expect_true(
		wait_for(rmpadjust(AP_VMSA, 0, RMPADJUST_RDX(1, 0)).code == RMP_SUCCESS, WAIT_MS),
		"its VMSA is no longer in use");
}

static void ap_hold(void)
{
	ghcb_msr(GHCB_MSR_AP_RESET_HOLD_REQ);
	report_abort("AP reset hold came back");
}

// Starts it with another program; the VMSA is written anew, since a start goes on where the last
// run ended.
static void start_again(void (*main)(void), const char *what)
{
	struct bare_cpu *cpu = &bare_cpus[AP_CPU];

	cpu->running = false;
	cpu->main = main;
	bare_vmsa_fill(private_ptr(AP_VMSA), AP_CPU, 0, FEATURES_VMPL0);
	vmsa_seal(AP_VMSA);
	expect(ghcb_ap_creation(cpu->apic_id, 0, AP_CREATE, AP_VMSA, FEATURES_VMPL0).info_1, 0,
		"AP creation %s", what);
	expect_true(wait_for(cpu->running, WAIT_MS), "the second CPU runs %s", what);
}

static void expect_not_in_use(const char *what)
{
	expect_true(
		wait_for(rmpadjust(AP_VMSA, 0, RMPADJUST_RDX(1, 0)).code == RMP_SUCCESS, WAIT_MS),
		"%s: its VMSA is not in use", what);
}

static void test_hold(void)
{
	start_again(ap_hold, "after destroy");
	expect_not_in_use("AP reset hold");
	start_again(ap_main, "after AP reset hold");
	ghcb_ap_creation(bare_cpus[AP_CPU].apic_id, 0, AP_DESTROY, 0, 0);
	expect_not_in_use("destroyed again");
}

void test_smp(void)
{
	if (cpu_count < 2) {
		report_skip("one CPU");
		return;
	}
	test_start();
	test_in_use();
	test_flush();
	test_remote_ipi();
	test_destroy();
	test_hold();
}
