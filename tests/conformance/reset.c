// SPDX-License-Identifier: MIT
// What of a vCPU outlives its VMSA: all of it when its own level creates it anew, as EDK2 and Linux
// do with their application processors; nothing when a more privileged level destroys or creates
// it, as an SVSM does when it starts the guest again.
#include "lib/string.h"
#include "tests/conformance/plane.h"

#define VMPL		 2u
#define PLANE		 PLANE_CPU(VMPL) // of the boot CPU
#define AP		 1u
#define AP_PLANE	 5u
#define FIRST_VMSA	 (REGION(17) + 0x10000)
#define SECOND_VMSA	 (REGION(17) + 0x12000)
#define AP_VMSA		 (REGION(17) + 0x14000)
#define DOORBELL	 (BARE_FREE_GPA + 0xa000)
#define WAIT_MS		 2000

#define MSR_APIC	 0x01bu
#define MSR_MISC	 0x1a0u
#define MSR_MTRR_VAR	 0x200u
#define MSR_MTRR_FIX	 0x250u
#define MSR_MTRR_DEFAULT 0x2ffu
#define MSR_MC0_ADDRESS	 0x402u
#define MSR_X2(offset)	 (0x800u + (offset) / 16)
#define MSR_TSC_AUX_	 0xc0000103u

#define APIC_GPA	 0xfee00000ull
#define TPR		 0x080u
#define LDR		 0x0d0u
#define SVR		 0x0f0u
#define ISR		 0x100u
#define IRR		 0x200u
#define ICR		 0x300u
#define LVT_TIMER	 0x320u
#define LVT_LINT0	 0x350u
#define LVT_ERROR	 0x370u
#define TIMER_COUNT	 0x380u
#define TIMER_CURRENT	 0x390u
#define TIMER_DIVIDE	 0x3e0u
#define SELF		 0x3f0u
#define MASKED		 0x10000u

#define AP_BASE		 (APIC_GPA | APIC_BASE_ENABLE)
#define BSP_BASE	 (AP_BASE | APIC_BASE_BSP)

#define VECTOR_PENDING	 0x61u
#define VECTOR_TIMER	 0x71u
#define VECTOR_HIGH	 0xf1u
#define VECTOR_SERVED	 0x1fu // has a gate, since an exception may have it

static const struct msr_row {
	const char *name;
	uint32_t msr;
	uint64_t after_reset, written;
} msrs[] = {
	{"MISC_ENABLE", MSR_MISC, 1, 0x800},
	{"variable MTRR", MSR_MTRR_VAR, 0, 0x80000006},
	{"fixed MTRR", MSR_MTRR_FIX, 0, 0x0606060606060606},
	{"MTRR default type", MSR_MTRR_DEFAULT, 0, 0xc06},
	{"machine-check address", MSR_MC0_ADDRESS, 0, 0x1234000},
	{"TSC_AUX of the host", MSR_TSC_AUX_, 0, 77},
};

static const struct apic_row {
	const char *name;
	uint32_t offset;
	uint32_t after_reset, written;
} apic_rows[] = {
	{"TPR", TPR, 0, 0x10},
	{"SVR", SVR, 0x1ff, 0x1fe},
	{"LINT0", LVT_LINT0, MASKED, MASKED | 0x700},
	{"error entry", LVT_ERROR, MASKED, 0x73},
	{"timer entry", LVT_TIMER, MASKED, VECTOR_TIMER},
	{"timer divisor", TIMER_DIVIDE, 0, 0xb},
};

// What the last start of the plane found
static struct {
	uint64_t starts, ghcb_msr, apic_base, msr[ARRAY_SIZE(msrs)];
	bool x2, x2_readable;
	uint32_t apic[ARRAY_SIZE(apic_rows)], irr, isr, current, icr, ldr;
} found;

static bool msr_exit(uint32_t msr, bool write, uint64_t *value)
{
	struct ghcb *ghcb = ghcb_begin();

	GHCB_SET(ghcb, rcx, msr);
	if (write) {
		GHCB_SET(ghcb, rax, (uint32_t)*value);
		GHCB_SET(ghcb, rdx, *value >> 32);
	}
	if (ghcb_exit(ghcb, VMEXIT_MSR, write, 0).info_1)
		return false;
	if (!write)
		*value = (uint32_t)ghcb->rax | ghcb->rdx << 32;
	return true;
}

static uint64_t msr_get(uint32_t msr)
{
	uint64_t value = 0;

	return msr_exit(msr, false, &value) ? value : ~0ull;
}

static void msr_put(uint32_t msr, uint64_t value)
{
	if (!msr_exit(msr, true, &value))
		report_abort("MSR 0x%x cannot be written", msr);
}

static uint32_t apic_get(uint32_t offset)
{
	struct ghcb *ghcb = ghcb_begin();
	uint32_t value = 0;

	if (found.x2)
		return (uint32_t)msr_get(MSR_X2(offset));
	GHCB_SET(ghcb, sw_scratch, this_cpu()->ghcb_gpa + offsetof(struct ghcb, shared_buffer));
	ghcb_exit(ghcb, GHCB_EXIT_MMIO_READ, APIC_GPA + offset, 4);
	memcpy(&value, ghcb->shared_buffer, sizeof(value));
	return value;
}

static uint32_t apic_any(uint32_t first)
{
	uint32_t all = 0;

	for (uint32_t i = 0; i < 8; i++)
		all |= apic_get(first + i * 16);
	return all;
}

static void look(void)
{
	found.starts++;
	found.apic_base = msr_get(MSR_APIC);
	found.x2 = found.apic_base & APIC_BASE_X2;
	found.x2_readable = msr_get(MSR_X2(SVR)) != ~0ull;
	for (unsigned i = 0; i < ARRAY_SIZE(msrs); i++)
		found.msr[i] = msr_get(msrs[i].msr);
	for (unsigned i = 0; i < ARRAY_SIZE(apic_rows); i++)
		found.apic[i] = apic_get(apic_rows[i].offset);
	found.irr = apic_any(IRR);
	found.isr = apic_any(ISR);
	found.current = apic_get(TIMER_CURRENT);
	found.icr = apic_get(ICR);
	found.ldr = apic_get(LDR);
}

// The first instruction of a new VMSA, before a GHCB is registered
static uint64_t usual_entry;

static _Noreturn void entry(void)
{
	found.ghcb_msr = rdmsr(MSR_GHCB);
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

// An interrupt that the program took and did not end
static void interrupt_serve(void)
{
	msr_put(MSR_X2(SELF), VECTOR_SERVED);
	trap_clear();
	__asm__ volatile("sti; nop\n" TRY("nop") "cli" ::: "memory");
	if (trap_taken().vector != VECTOR_SERVED)
		report_abort("no interrupt comes");
}

// Two that wait since the interrupt flag is clear, one of the timer too, which runs again
static void interrupts_leave(void)
{
	msr_put(MSR_X2(SELF), VECTOR_PENDING);
	msr_put(MSR_X2(SELF), VECTOR_HIGH);
	msr_put(MSR_X2(TIMER_COUNT), 1);
	if (!wait_for(apic_get(IRR + VECTOR_TIMER / 32 * 16) & 1u << VECTOR_TIMER % 32, WAIT_MS))
		report_abort("the timer does not fire");
	msr_put(MSR_X2(TIMER_COUNT), 0xffffffff);
}

static void dirty(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(msrs); i++)
		msr_put(msrs[i].msr, msrs[i].written);
	msr_put(MSR_APIC, msr_get(MSR_APIC) | APIC_BASE_X2);
	found.x2 = true;
	interrupt_serve();
	for (unsigned i = 0; i < ARRAY_SIZE(apic_rows); i++)
		msr_put(MSR_X2(apic_rows[i].offset), apic_rows[i].written);
	interrupts_leave();
}

static void to_vmpl0(void)
{
	for (;;)
		ghcb_msr(GHCB_MSR_RUN_VMPL_REQ);
}

static void main_look(void)
{
	look();
	to_vmpl0();
}

static void main_dirty(void)
{
	look();
	dirty();
	to_vmpl0();
}

static void main_create(void)
{
	dirty();
	this_cpu()->main = main_look;
	creation(PLANE, AP_CREATE, SECOND_VMSA);
	report_abort("the old VMSA goes on after a creation");
}

static void expect_reset(const char *how, uint64_t base)
{
	expect(found.ghcb_msr & GHCB_MSR_INFO_MASK, GHCB_MSR_SEV_INFO_RESP, "%s: GHCB MSR", how);
	expect(found.apic_base, base, "%s: APIC base, xAPIC mode", how);
	expect_true(!found.x2_readable, "%s: x2APIC registers are not there", how);
	for (unsigned i = 0; i < ARRAY_SIZE(msrs); i++)
		expect(found.msr[i], msrs[i].after_reset, "%s: %s", how, msrs[i].name);
	for (unsigned i = 0; i < ARRAY_SIZE(apic_rows); i++)
		expect(found.apic[i], apic_rows[i].after_reset, "%s: %s", how, apic_rows[i].name);
	expect(found.irr, 0, "%s: no interrupt waits", how);
	expect(found.isr, 0, "%s: none is in service", how);
	expect(found.current, 0, "%s: the timer stands", how);
	expect(found.icr, 0, "%s: ICR", how);
	expect(found.ldr, 0, "%s: LDR", how);
}

static void expect_kept(const char *how)
{
	expect(found.ghcb_msr, BARE_GHCB_GPA(PLANE), "%s: GHCB MSR", how);
	expect_true(found.x2 && found.x2_readable, "%s: x2APIC mode", how);
	for (unsigned i = 0; i < ARRAY_SIZE(msrs); i++)
		expect(found.msr[i], msrs[i].written, "%s: %s", how, msrs[i].name);
	for (unsigned i = 0; i < ARRAY_SIZE(apic_rows); i++)
		expect(found.apic[i], apic_rows[i].written, "%s: %s", how, apic_rows[i].name);
	expect(found.irr,
		1u << VECTOR_PENDING % 32 | 1u << VECTOR_TIMER % 32 | 1u << VECTOR_HIGH % 32,
		"%s: interrupts that wait", how);
	expect(found.isr, 1u << VECTOR_SERVED, "%s: the one in service", how);
	expect_true(found.current > 0, "%s: the timer runs", how);
}

// The first program dirties its vCPU and creates it anew; the second looks.
static void test_by_itself(void)
{
	vmsa_make(SECOND_VMSA, PLANE, main_look);
	vmsa_make(FIRST_VMSA, PLANE, main_create);
	expect(creation(PLANE, AP_CREATE_ON_INIT, FIRST_VMSA), 0, "by VMPL0: given");
	expect_true(run_vmpl(), "and runs");
	expect(found.starts, 1, "it created itself anew");
	expect_kept("by its own level");
	vmsa_take_back(FIRST_VMSA);
}

static void test_by_vmpl0(void)
{
	vmsa_make(FIRST_VMSA, PLANE, main_dirty);
	expect(creation(PLANE, AP_CREATE_ON_INIT, FIRST_VMSA), 0, "by VMPL0: another VMSA");
	vmsa_take_back(SECOND_VMSA);
	expect_true(run_vmpl(), "it runs");
	expect(found.starts, 2, "from its start");
	expect_reset("created by VMPL0", BSP_BASE);
	expect(creation(PLANE, AP_DESTROY, 0), 0, "destroyed by VMPL0");
	expect_true(!run_vmpl(), "then there is no such plane");
	vmsa_take_back(FIRST_VMSA);
	vmsa_make(FIRST_VMSA, PLANE, main_look);
	expect(creation(PLANE, AP_CREATE_ON_INIT, FIRST_VMSA), 0, "created after that");
	expect_true(run_vmpl(), "it runs");
	expect(found.starts, 3, "from its start");
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
	dirty();
	for (plane_runs++;;)
		cpu_pause();
}

static void main_look_and_spin(void)
{
	look();
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
