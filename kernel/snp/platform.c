// SPDX-License-Identifier: MIT
// SEV-SNP below a host that speaks GHCB protocol 2.
#include "hw/x86.h"
#include "kernel/bootinfo.h"
#include "kernel/cpu.h"
#include "kernel/cpuid.h"
#include "kernel/snp/ghcb.h"
#include "kernel/snp/ghcb_msr.h"
#include "kernel/snp/guest_switch.h"
#include "kernel/log.h"
#include "kernel/page.h"
#include "kernel/pagetable.h"
#include "kernel/percpu.h"
#include "kernel/platform.h"
#include "kernel/snp/rmp.h"
#include "kernel/section.h"
#include "kernel/snp/sev_status.h"
#include "kernel/tempmap.h"
#include "kernel/snp/mmio.h"
#include "kernel/snp/vmsa_init.h"
#include "kernel/snp/vmsa_page.h"
#include "lib/string.h"

#define COM1_DATA      0x3f8
#define MSR_X2APIC_EOI 0x80b
#define WAKE_VECTOR    0xe0
#define TIMER_VECTOR   0xe1

// x2APIC registers of the timer, APM 2 section 16.4.1
#define MSR_X2APIC_LVT_TIMER	0x832
#define MSR_X2APIC_TIMER_COUNT	0x838
#define MSR_X2APIC_TIMER_DIVIDE 0x83e
#define DIVIDE_BY_1		0xb

// Without these there is no SNP guest and no second CPU.
#define HV_REQUIRED (GHCB_HV_SNP | GHCB_HV_AP_CREATION)
// Needed too, but hosts of today do them without saying so; what is missing fails where it is used.
#define HV_WANTED (uint64_t)(GHCB_HV_RESTRICTED_INJECTION | GHCB_HV_MULTI_VMPL)

static bool has_invlpgb RO_AFTER_INIT;

static void snp_init(void)
{
	uint64_t features = 0;
	const struct snp_cpuid_entry *leaf = cpuid_find(CPUID_LEAF_ADDRESS_SIZE, 0);

	sev_status_check();
	if (!ghcb_msr_speaks_version(GHCB_VERSION_MAX))
		terminate(TERMINATE_GHCB_PROTOCOL);
	if (ghcb_msr_hv_features(&features) != OK)
		terminate(TERMINATE_GHCB_PROTOCOL);
	log_info("C-bit: %d", __builtin_ctzll(pagetable_cbit()));
	log_info("host: GHCB protocol %d, features 0x%lx", GHCB_VERSION_MAX, features);
	if ((features & HV_REQUIRED) != HV_REQUIRED)
		terminate(TERMINATE_HV_FEATURES);
	if ((features & HV_WANTED) != HV_WANTED)
		log_warn("host: features 0x%lx are not announced", HV_WANTED & ~features);
	has_invlpgb = leaf != NULL && (leaf->ebx & CPUID_80000008_EBX_INVLPGB) != 0;
	log_info("flushes of other CPUs' TLBs: %s", has_invlpgb ? "INVLPGB" : "by IPI");
}

static MUST_USE enum error snp_validate_page(gpa_t page)
{
	enum error err = ghcb_msr_page_state(page, PSC_OP_PRIVATE);

	if (err != OK)
		return err;
	return rmp_validate(vaddr_from_ptr(kernel_ptr(page)), RMP_PAGE_4K, true);
}

static MUST_USE enum error validate_small(gpa_t page)
{
	vaddr_t va = tempmap_page(TEMP_PAGE_STATE, page);
	enum error err = rmp_validate(va, RMP_PAGE_4K, true);

	tempmap_unmap(TEMP_PAGE_STATE);
	return err;
}

static MUST_USE enum error validate_huge(gpa_t page)
{
	vaddr_t va = tempmap_huge(page);
	enum error err = rmp_validate(va, RMP_PAGE_2M, true);

	tempmap_unmap_huge();
	return err;
}

static MUST_USE enum error snp_validate_range(gpa_t start, uint64_t size)
{
	gpa_t end = gpa_add(start, size);
	enum error err = ghcb_page_state(start, size, PSC_OP_PRIVATE);

	while (err == OK && gpa_less(start, end)) {
		if (gpa_is_aligned(start, HUGE_PAGE_SIZE) &&
			gpa_distance(start, end) >= HUGE_PAGE_SIZE) {
			err = validate_huge(start);
			if (err == OK) {
				start = gpa_add(start, HUGE_PAGE_SIZE);
				continue;
			}
			// The host backs it with small pages: its right.
			if (err != ERR_RMP_SIZEMISMATCH)
				return err;
		}
		err = validate_small(start);
		start = gpa_add(start, PAGE_SIZE);
	}
	return err;
}

static MUST_USE enum error snp_share_page(gpa_t page)
{
	enum error err = rmp_validate(vaddr_from_ptr(kernel_ptr(page)), RMP_PAGE_4K, false);

	if (err != OK)
		return err;
	return ghcb_msr_page_state(page, PSC_OP_SHARED);
}

static void snp_init_cpu(void)
{
	struct percpu *cpu = this_cpu();

	memset((void *)GHCB_VA, 0, PAGE_SIZE);
	memset((void *)DOORBELL_VA, 0, PAGE_SIZE);
	if (ghcb_msr_register(cpu->ghcb_gpa) != OK)
		terminate(TERMINATE_GHCB_REGISTER);
	cpu->ghcb_ready = true;
	if (ghcb_set_doorbell(cpu->doorbell_gpa) != OK)
		terminate(TERMINATE_DOORBELL);
	cpu->doorbell_ready = true;
}

static void snp_console_write(const char *text, size_t size)
{
	// A host that drops the log harms only itself.
	error_ignore(ghcb_port_write_string(COM1_DATA, text, size));
}

static MUST_USE enum error snp_start_cpu(const struct cpu *cpu, gpa_t root)
{
	gpa_t page = vmsa_page(cpu->index);
	vaddr_t va = tempmap_page(TEMP_VCPU, page);

	vmsa_init_kernel(vaddr_to_ptr(va), root);
	enum error err = rmp_make_vmsa(va);

	tempmap_unmap(TEMP_VCPU);
	if (err != OK)
		return err;
	return ghcb_create_ap(cpu->apic_id, 0, AP_CREATE, page, sev_features_own());
}

static struct hv_doorbell *doorbell(void)
{
	return (struct hv_doorbell *)DOORBELL_VA;
}

// A vector is an IPI that was to wake this CPU: the caller's loop looks at everything anyway.
static void doorbell_end_interrupt(void)
{
	if (__atomic_exchange_n(&doorbell()->no_eoi_required, 0, __ATOMIC_RELAXED) == 0)
		error_ignore(ghcb_msr_write(MSR_X2APIC_EOI, 0));
}

static void snp_take_events(void)
{
	uint8_t keep = (uint8_t) ~(HV_DOORBELL_NO_FURTHER_SIGNAL | HV_DOORBELL_NMI);
	uint8_t flags = __atomic_fetch_and(&doorbell()->flags, keep, __ATOMIC_ACQ_REL);

	if ((flags & HV_DOORBELL_MCE) != 0)
		terminate(TERMINATE_MACHINE_CHECK);
	if (__atomic_exchange_n(&doorbell()->vector, 0, __ATOMIC_ACQ_REL) != 0)
		doorbell_end_interrupt();
}

static void snp_idle(void)
{
	idle_wait(doorbell());
}

// By the GHCB and not by its MSR: the MSR would have to be written before each run, and once more
// before each program in ring 3 (ghcb_disarm).
static bool snp_run_guest(void)
{
	bool ran = true;

	ghcb_ask_run(SVSM_GUEST_VMPL);
	if (guest_switch(doorbell()) && ghcb_take_run(&ran) != OK)
		terminate(TERMINATE_RUN_VMPL);
	return ran;
}

// The host may have no timer for this VMPL; then programs are stopped by other events only.
static void snp_arm_timer(uint32_t count)
{
	struct percpu *cpu = this_cpu();

	if (!cpu->timer_ready) {
		error_ignore(ghcb_msr_write(MSR_X2APIC_LVT_TIMER, TIMER_VECTOR));
		error_ignore(ghcb_msr_write(MSR_X2APIC_TIMER_DIVIDE, DIVIDE_BY_1));
		cpu->timer_ready = true;
	}
	error_ignore(ghcb_msr_write(MSR_X2APIC_TIMER_COUNT, count));
}

static void snp_flush_own_tlb(void)
{
	uint64_t cr4 = cpu_read_cr4();

	// Changing CR4.PGE drops everything of this ASID, which all VMPLs share (APM 2
	// section 5.5.3).
	cpu_write_cr4(cr4 ^ CR4_PGE);
	cpu_write_cr4(cr4);
}

static bool snp_flush_all_tlbs(void)
{
	if (has_invlpgb)
		cpu_invlpgb_all();
	return has_invlpgb;
}

static MUST_USE enum error snp_wake_cpu(const struct cpu *cpu)
{
	return ghcb_send_ipi(cpu->apic_id, WAKE_VECTOR);
}

static MUST_USE enum error snp_page_make_private(gpa_t start, uint64_t size)
{
	return ghcb_page_state(start, size, PSC_OP_PRIVATE);
}

static MUST_USE enum error snp_boot_vcpu_reset(gpa_t reset_vector, gpa_t page)
{
	vaddr_t va = tempmap_page(TEMP_VCPU, page);

	memset(vaddr_to_ptr(va), 0, PAGE_SIZE);
	vmsa_init_guest(vaddr_to_ptr(va), gpa_value(reset_vector));
	enum error err = rmp_make_vmsa(va);

	tempmap_unmap(TEMP_VCPU);
	return err;
}

static MUST_USE enum error snp_boot_vcpu_create(gpa_t reset_vector, gpa_t *result)
{
	*result = vmsa_page(0);
	return snp_boot_vcpu_reset(reset_vector, *result);
}

static MUST_USE enum error snp_boot_vcpu_start(const struct cpu *cpu, gpa_t vmsa)
{
	return ghcb_create_ap(
		cpu->apic_id, SVSM_GUEST_VMPL, AP_CREATE_ON_INIT, vmsa, sev_features_guest());
}

static MUST_USE enum error snp_vcpu_destroy(const struct cpu *cpu)
{
	return ghcb_create_ap(
		cpu->apic_id, SVSM_GUEST_VMPL, AP_DESTROY, (gpa_t){0}, sev_features_guest());
}

// The host may come back from a request to end the VM: then it is asked again, for ever.
static _Noreturn void snp_terminate(enum terminate_reason reason)
{
	ghcb_msr_terminate(TERMINATE_SET, (uint8_t)reason);
}

static _Noreturn void snp_power_off(void)
{
	for (;;)
		cpu_halt();
}

const struct platform platform_snp = {
	.name = "snp",
	.has_guests = true,
	.init = snp_init,
	.init_cpu = snp_init_cpu,
	.prepare_cpus = vmsa_pages_prepare,
	.start_cpu = snp_start_cpu,
	.validate_page = snp_validate_page,
	.validate_range = snp_validate_range,
	.share_page = snp_share_page,
	.page_make_private = snp_page_make_private,
	.page_validate = rmp_validate,
	.page_grant = rmp_grant_guest,
	.page_revoke = rmp_revoke_guest,
	.guest_features = sev_features_guest,
	.vmsa_seal = rmp_make_guest_vmsa,
	.vmsa_seal_own = rmp_make_vmsa,
	.vmsa_unseal = rmp_unmake_vmsa,
	.boot_vcpu_create = snp_boot_vcpu_create,
	.boot_vcpu_reset = snp_boot_vcpu_reset,
	.boot_vcpu_start = snp_boot_vcpu_start,
	.vcpu_destroy = snp_vcpu_destroy,
	.port_read = ghcb_port_read,
	.port_write = ghcb_port_write,
	.mmio_read = snp_mmio_read,
	.mmio_write = snp_mmio_write,
	.msr_read = ghcb_msr_read,
	.msr_write = ghcb_msr_write,
	.console_write = snp_console_write,
	.take_events = snp_take_events,
	.idle = snp_idle,
	.run_guest = snp_run_guest,
	.before_user = ghcb_disarm,
	.arm_timer = snp_arm_timer,
	.flush_own_tlb = snp_flush_own_tlb,
	.flush_all_tlbs = snp_flush_all_tlbs,
	.wake_cpu = snp_wake_cpu,
	.power_off = snp_power_off,
	.terminate = snp_terminate,
};
