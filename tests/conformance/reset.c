// SPDX-License-Identifier: MIT
// What of a vCPU outlives its VMSA: all of it when its own level creates it anew, as EDK2 and Linux
// do with their application processors; nothing when a more privileged level destroys or creates
// it, as an SVSM does when it starts the guest again.
#include "tests/conformance/reset.h"

#include "lib/string.h"

#define VMPL	    2u
#define PLANE	    PLANE_CPU(VMPL) // of the boot CPU
#define AP	    1u
#define AP_PLANE    5u
#define FIRST_VMSA  (REGION(17) + 0x10000)
#define SECOND_VMSA (REGION(17) + 0x12000)
#define AP_VMSA	    (REGION(17) + 0x14000)
#define DOORBELL    (BARE_FREE_GPA + 0xa000)

// The first instruction of a new VMSA, before a GHCB is registered
static uint64_t usual_entry;

static _Noreturn void entry(void)
{
	found_ghcb_msr = rdmsr(MSR_GHCB);
	((void (*)(void))usual_entry)();
	for (;;)
		;
}

static void vmsa_make(uint64_t gpa, uint32_t cpu, void (*main)(void))
{
	struct vmsa *vmsa = private_ptr(gpa);

	bare_vmsa_fill(vmsa, cpu, VMPL, SEV_FEATURE_SNP_ACTIVE);
	usual_entry = vmsa->rip;
	vmsa->rip = (uint64_t)entry;
	bare_cpus[cpu].main = main;
	vmsa_seal(gpa);
}

static void vmsa_take_back(uint64_t gpa)
{
	expect_true(wait_for(rmpadjust(gpa, 0, RMPADJUST_RDX(1, 0)).code == RMP_SUCCESS, WAIT_MS),
		"the old VMSA is not in use");
}

static uint64_t creation(uint32_t cpu, unsigned request, uint64_t vmsa)
{
	return ghcb_ap_creation(bare_cpus[cpu].apic_id, VMPL, request, vmsa, SEV_FEATURE_SNP_ACTIVE)
		.info_1;
}

static bool run_vmpl(void)
{
	return ghcb_msr((uint64_t)VMPL << 32 | GHCB_MSR_RUN_VMPL_REQ) == GHCB_MSR_RUN_VMPL_RESP;
}

static void to_vmpl0(void)
{
	for (;;)
		ghcb_msr(GHCB_MSR_RUN_VMPL_REQ);
}

static void main_look(void)
{
	reset_look();
	to_vmpl0();
}

static void main_dirty(void)
{
	reset_look();
	reset_dirty();
	to_vmpl0();
}

static void main_create(void)
{
	reset_dirty();
	this_cpu()->main = main_look;
	creation(PLANE, AP_CREATE, SECOND_VMSA);
	report_abort("the old VMSA goes on after a creation");
}

// The first program dirties its vCPU and creates it anew; the second looks.
static void test_by_itself(void)
{
	vmsa_make(SECOND_VMSA, PLANE, main_look);
	vmsa_make(FIRST_VMSA, PLANE, main_create);
	expect(creation(PLANE, AP_CREATE_ON_INIT, FIRST_VMSA), 0, "by VMPL0: given");
	expect_true(run_vmpl(), "and runs");
	expect(found_starts, 1, "it created itself anew");
	expect_kept("by its own level", PLANE);
	vmsa_take_back(FIRST_VMSA);
}

static void test_by_vmpl0(void)
{
	vmsa_make(FIRST_VMSA, PLANE, main_dirty);
	expect(creation(PLANE, AP_CREATE_ON_INIT, FIRST_VMSA), 0, "by VMPL0: another VMSA");
	vmsa_take_back(SECOND_VMSA);
	expect_true(run_vmpl(), "it runs");
	expect(found_starts, 2, "from its start");
	expect_reset("created by VMPL0", BSP_BASE);
	expect(creation(PLANE, AP_DESTROY, 0), 0, "destroyed by VMPL0");
	expect_true(!run_vmpl(), "then there is no such plane");
	vmsa_take_back(FIRST_VMSA);
	vmsa_make(FIRST_VMSA, PLANE, main_look);
	expect(creation(PLANE, AP_CREATE_ON_INIT, FIRST_VMSA), 0, "created after that");
	expect_true(run_vmpl(), "it runs");
	expect(found_starts, 3, "from its start");
	expect_reset("destroyed and created", BSP_BASE);
	expect(creation(PLANE, AP_DESTROY, 0), 0, "destroyed again");
	vmsa_take_back(FIRST_VMSA);
}

// --- another CPU

static _Atomic uint32_t plane_runs, refused;
static _Atomic bool ap_stays, ap_there; // at VMPL0

static void ap_main(void)
{
	ghcb_exit(ghcb_begin(), GHCB_EXIT_HV_DOORBELL, HV_DOORBELL_SET, DOORBELL);
	for (;;) {
		while (ap_stays)
			ap_there = true;
		if (!run_vmpl())
			refused++;
	}
}

static void ap_wake(void)
{
	volatile struct hv_doorbell *page = shared_ptr(DOORBELL);

	page->vector = page->flags = 0;
	ghcb_exit(ghcb_begin(), GHCB_EXIT_HV_IPI, (uint64_t)bare_cpus[AP].apic_id << 32 | 0x61, 0);
}

static void main_dirty_and_spin(void)
{
	reset_dirty();
	for (plane_runs++;;)
		cpu_pause();
}

static void main_look_and_spin(void)
{
	reset_look();
	for (plane_runs++;;)
		cpu_pause();
}

static void main_hold(void)
{
	plane_runs++;
	ghcb_exit(ghcb_begin(), GHCB_EXIT_AP_RESET_HOLD, 0, 0);
	report_abort("the held code runs again");
}

static void ap_start(void)
{
	need_valid(AP_VMSA);
	need_shared(DOORBELL);
	bare_cpu_init(AP_PLANE, bare_cpus[AP].apic_id, BARE_GHCB_GPA(AP_PLANE));
	bare_cpus[AP].main = ap_main;
	bare_vmsa_fill(private_ptr(AP_VMSA), AP, 0, FEATURES_VMPL0);
	vmsa_seal(AP_VMSA);
	ap_stays = true;
	ghcb_ap_creation(bare_cpus[AP].apic_id, 0, AP_CREATE, AP_VMSA, FEATURES_VMPL0);
}

static void expect_running(const char *what)
{
	expect_true(wait_for(plane_runs == 1, WAIT_MS), "%s: it runs", what);
	plane_runs = 0;
}

// The plane runs on the other CPU, and does not leave it by itself.
static void test_running(void)
{
	vmsa_make(FIRST_VMSA, AP_PLANE, main_dirty_and_spin);
	expect(creation(AP_PLANE, AP_CREATE_ON_INIT, FIRST_VMSA), 0, "for the second CPU");
	ap_stays = false;
	expect_running("for the second CPU");
	vmsa_make(SECOND_VMSA, AP_PLANE, main_look_and_spin);
	creation(AP_PLANE, AP_DESTROY, 0);
	expect(creation(AP_PLANE, AP_CREATE, SECOND_VMSA), 0, "destroyed while it runs, created");
	expect_running("created");
	expect_reset("on the second CPU", AP_BASE);
	vmsa_take_back(FIRST_VMSA);
}

// Nothing runs on the other CPU, and then VMPL0 does.
static void test_held(void)
{
	uint64_t before = 0;

	vmsa_make(FIRST_VMSA, AP_PLANE, main_hold);
	creation(AP_PLANE, AP_CREATE, FIRST_VMSA);
	expect_running("the second CPU, up to AP reset hold");
	vmsa_take_back(SECOND_VMSA);
	ap_there = false;
	ap_stays = true;
	ap_wake();
	expect_true(wait_for(ap_there, WAIT_MS), "its VMPL0 is at work");
	refused = 0;
	before = rdtsc();
	expect(creation(AP_PLANE, AP_DESTROY, 0), 0, "destroyed in AP reset hold");
	expect_true(rdtsc() - before < WAIT_MS / 10 * TSC_PER_MS, "at once");
	vmsa_take_back(FIRST_VMSA);
	ap_stays = false;
	ap_wake();
	expect_true(wait_for(refused, WAIT_MS), "its VMPL0 finds no such plane");
}

// What the CPU still had of the destroyed plane (x87, SSE, XCR0, debug registers) must not reach
// its VMSA's page, which is an ordinary one by then.
static void test_registers(void)
{
	const uint64_t *page = private_ptr(FIRST_VMSA);
	uint64_t found_words = 0;

	vmsa_make(FIRST_VMSA, AP_PLANE, main_look_and_spin);
	creation(AP_PLANE, AP_CREATE, FIRST_VMSA);
	expect_running("once more");
	creation(AP_PLANE, AP_DESTROY, 0);
	vmsa_take_back(FIRST_VMSA);
	memset(private_ptr(FIRST_VMSA), 0, PAGE_SIZE);
	refused = 0;
	ap_wake();
	expect_true(wait_for(refused, WAIT_MS), "destroyed, VMPL0 runs");
	for (unsigned i = 0; i < PAGE_SIZE / sizeof(*page); i++)
		found_words += page[i] != 0;
	expect(found_words, 0, "nothing of the plane was written to its old VMSA");
}

static void ap_stop(void)
{
	ghcb_ap_creation(bare_cpus[AP].apic_id, 0, AP_DESTROY, 0, 0);
	vmsa_take_back(AP_VMSA);
}

void test_reset(void)
{
	// The CPU's own APIC is that of the least privileged plane.
	ghcb_ap_creation(bare_cpus[0].apic_id, 3, AP_DESTROY, 0, 0);
	need_valid(FIRST_VMSA);
	need_valid(SECOND_VMSA);
	test_by_itself();
	test_by_vmpl0();
	if (cpu_count < 2) {
		report_skip("one CPU");
		return;
	}
	ap_start();
	test_running();
	test_held();
	test_registers();
	ap_stop();
}
