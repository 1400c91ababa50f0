// SPDX-License-Identifier: MIT
/*
 * An ordinary PC without memory encryption: QEMU starts the kernel itself (kernel/native/loader).
 * For tests of the kernel. There is no guest, and nothing is protected from anybody.
 */
#include "kernel/platform.h"

#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/native/access.h"
#include "kernel/native/apic.h"
#include "kernel/native/io.h"
#include "kernel/native/serial.h"
#include "kernel/native/start_cpu.h"
#include "kernel/native/vm_exit.h"
#include "kernel/percpu.h"
#include "kernel/trap.h"
#include "lib/fmt.h"

// Mask registers of the two interrupt controllers (Intel 8259A)
#define PIC1_MASK 0x21
#define PIC2_MASK 0xa1

void native_idle(void);
void native_wake_entry(void);
void native_spurious_entry(void);

static void native_init(void)
{
	io_out8(PIC1_MASK, 0xff);
	io_out8(PIC2_MASK, 0xff);
	apic_check();
	trap_set_interrupt(WAKE_VECTOR, native_wake_entry);
	trap_set_interrupt(SPURIOUS_VECTOR, native_spurious_entry);
}

// --- memory: every page is usable as it is

static MUST_USE enum error native_validate_page(gpa_t page)
{
	(void)page;
	return OK;
}

static MUST_USE enum error native_validate_range(gpa_t start, uint64_t size)
{
	(void)start;
	(void)size;
	return OK;
}

static MUST_USE enum error native_page_validate(vaddr_t va, uint32_t page_size, bool valid)
{
	(void)va;
	(void)page_size;
	(void)valid;
	return OK;
}

static MUST_USE enum error native_page_rights(vaddr_t va, uint32_t page_size)
{
	(void)va;
	(void)page_size;
	return OK;
}

static MUST_USE enum error native_prepare_cpus(uint32_t count)
{
	(void)count;
	return OK;
}

// --- there is no guest

static uint64_t native_guest_features(void)
{
	return 0;
}

static MUST_USE enum error native_vmsa_seal(vaddr_t va)
{
	(void)va;
	return ERR_UNSUPPORTED_CALL;
}

static MUST_USE enum error native_boot_vcpu_reset(gpa_t reset_vector, gpa_t vmsa)
{
	(void)reset_vector;
	(void)vmsa;
	return ERR_UNSUPPORTED_CALL;
}

static MUST_USE enum error native_vcpu_destroy(const struct cpu *cpu)
{
	(void)cpu;
	return ERR_UNSUPPORTED_CALL;
}

static MUST_USE enum error native_boot_vcpu_create(gpa_t reset_vector, gpa_t *vmsa)
{
	(void)reset_vector;
	(void)vmsa;
	return ERR_UNSUPPORTED_CALL;
}

static MUST_USE enum error native_boot_vcpu_start(const struct cpu *cpu, gpa_t vmsa)
{
	(void)cpu;
	(void)vmsa;
	return ERR_UNSUPPORTED_CALL;
}

static bool native_run_guest(void)
{
	return false;
}

// --- running

// The interrupt's entry has ended it already, and who calls this looks at everything.
static void native_take_events(void)
{
}

static void native_before_user(void)
{
}

static void native_flush_own_tlb(void)
{
	uint64_t cr4 = cpu_read_cr4();

	// Changing CR4.PGE drops everything (APM 2 section 5.5.3).
	cpu_write_cr4(cr4 ^ CR4_PGE);
	cpu_write_cr4(cr4);
}

static bool native_flush_all_tlbs(void)
{
	return false;
}

static MUST_USE enum error native_wake_cpu(const struct cpu *cpu)
{
	return apic_send_wake(cpu->apic_id);
}

static _Noreturn void native_power_off(void)
{
	vm_exit(DEBUG_EXIT_POWER_OFF);
}

// Nobody else tells the reason here: a host would. What the log holds comes first, when the
// console was not open yet.
static _Noreturn void native_terminate(enum terminate_reason reason)
{
	char line[128];
	size_t size =
		fmt_snprintf(line, sizeof(line), "native: the VM ends: set %d, reason %d: %s\n",
			TERMINATE_SET, reason, terminate_text(reason));

	log_break_lock();
	log_open_console();
	serial_write(line, MIN(size, sizeof(line) - 1));
	vm_exit(DEBUG_EXIT_TERMINATED);
}

const struct platform platform_native = {
	.name = "native",
	.has_guests = false,
	.init = native_init,
	.init_cpu = apic_init_cpu,
	.prepare_cpus = native_prepare_cpus,
	.start_cpu = native_start_cpu,
	.validate_page = native_validate_page,
	.validate_range = native_validate_range,
	.share_page = native_validate_page,
	.page_make_private = native_validate_range,
	.page_validate = native_page_validate,
	.page_grant = native_page_rights,
	.page_revoke = native_page_rights,
	.guest_features = native_guest_features,
	.vmsa_seal = native_vmsa_seal,
	.vmsa_seal_own = native_vmsa_seal,
	.vmsa_unseal = native_vmsa_seal,
	.boot_vcpu_create = native_boot_vcpu_create,
	.boot_vcpu_reset = native_boot_vcpu_reset,
	.boot_vcpu_start = native_boot_vcpu_start,
	.vcpu_destroy = native_vcpu_destroy,
	.port_read = native_port_read,
	.port_write = native_port_write,
	.mmio_read = native_mmio_read,
	.mmio_write = native_mmio_write,
	.msr_read = native_msr_read,
	.msr_write = native_msr_write,
	.console_write = serial_write,
	.take_events = native_take_events,
	.idle = native_idle,
	.run_guest = native_run_guest,
	.before_user = native_before_user,
	.arm_timer = apic_arm_timer,
	.flush_own_tlb = native_flush_own_tlb,
	.flush_all_tlbs = native_flush_all_tlbs,
	.wake_cpu = native_wake_cpu,
	.power_off = native_power_off,
	.terminate = native_terminate,
};
