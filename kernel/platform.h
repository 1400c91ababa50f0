// SPDX-License-Identifier: MIT
/*
 * What the kernel wants from the machine below it. A platform is one table of functions, chosen
 * once when the kernel starts; nobody else knows which it is:
 *
 *	platform_snp     SEV-SNP below a host that speaks GHCB protocol 2 (kernel/snp)
 *	platform_native  an ordinary PC without memory encryption, for tests (kernel/native)
 *
 * All functions of the table must be there. Callers use the platform_* functions below, which
 * check what is the same everywhere.
 */
#ifndef KERNEL_PLATFORM_H
#define KERNEL_PLATFORM_H

#include "kernel/error.h"
#include "kernel/terminate.h"
#include "lib/addr.h"

struct cpu;

struct platform {
	const char *name;
	bool has_guests; // a guest can run below the kernel

	void (*init)(void);
	void (*init_cpu)(void);
	enum error (*prepare_cpus)(uint32_t count);
	enum error (*start_cpu)(const struct cpu *cpu, gpa_t root);

	enum error (*validate_page)(gpa_t page);
	enum error (*validate_range)(gpa_t start, uint64_t size);
	enum error (*share_page)(gpa_t page);

	enum error (*page_make_private)(gpa_t start, uint64_t size);
	enum error (*page_validate)(vaddr_t va, uint32_t page_size, bool valid);
	enum error (*page_grant)(vaddr_t va, uint32_t page_size);
	enum error (*page_revoke)(vaddr_t va, uint32_t page_size);

	uint64_t (*guest_features)(void);
	enum error (*vmsa_seal)(vaddr_t va);
	enum error (*vmsa_seal_own)(vaddr_t va);
	enum error (*vmsa_unseal)(vaddr_t va);
	enum error (*boot_vcpu_create)(gpa_t reset_vector, gpa_t *vmsa);
	enum error (*boot_vcpu_reset)(gpa_t reset_vector, gpa_t vmsa);
	enum error (*boot_vcpu_start)(const struct cpu *cpu, gpa_t vmsa);
	enum error (*vcpu_destroy)(const struct cpu *cpu);

	enum error (*port_read)(uint16_t port, unsigned int size, uint32_t *value);
	enum error (*port_write)(uint16_t port, unsigned int size, uint32_t value);
	enum error (*mmio_read)(vaddr_t va, unsigned int size, uint64_t *value);
	enum error (*mmio_write)(vaddr_t va, unsigned int size, uint64_t value);
	enum error (*msr_read)(uint32_t msr, uint64_t *value);
	enum error (*msr_write)(uint32_t msr, uint64_t value);
	void (*console_write)(const char *text, size_t size);

	void (*take_events)(void);
	void (*idle)(void);
	bool (*run_guest)(void);
	void (*before_user)(void);
	void (*arm_timer)(uint32_t count);
	void (*flush_own_tlb)(void);
	bool (*flush_all_tlbs)(void);
	enum error (*wake_cpu)(const struct cpu *cpu);

	// These two do not return.
	void (*power_off)(void);
	void (*terminate)(enum terminate_reason reason);
};

extern const struct platform platform_snp;
extern const struct platform platform_native;

// Before anything else; SNP until then, so that whatever goes wrong earlier ends the safe way.
void platform_choose(const struct platform *chosen);

const char *platform_name(void);
MUST_USE bool platform_has_guests(void);

// --- the kernel's start

// Checks what the platform promises and negotiates with the host; ends the VM when that fails.
void platform_init(void);

// What this CPU needs to talk to the host: GHCB and doorbell page, or its interrupt controller.
void platform_init_cpu(void);

// Memory for what platform_start_cpu and platform_boot_vcpu_create need, for so many CPUs, and
// taken out of the shared tables. The boot CPU runs alone.
MUST_USE enum error platform_prepare_cpus(uint32_t count);

// Starts the CPU at cpu_main on these page tables.
MUST_USE enum error platform_start_cpu(const struct cpu *cpu, gpa_t root);

// --- the kernel's own memory

// Before any allocation: makes this private page usable, slowly.
MUST_USE enum error platform_validate_page(gpa_t page);

// The same for whole pages, in large pieces where they fit. Needs platform_init_cpu.
MUST_USE enum error platform_validate_range(gpa_t start, uint64_t size);

// Hands a page of the kernel over to the host. It must be unmapped or mapped shared afterwards.
MUST_USE enum error platform_share_page(gpa_t page);

// --- pages of the guest

// Asks the host to make whole pages private; they are not valid yet.
MUST_USE enum error platform_page_make_private(gpa_t start, uint64_t size);

// The page that va maps, with page_size RMP_PAGE_*: validates it or takes that back
// (ERR_RMP_UNCHANGED: it had that state already); gives the guest every right to it; takes from
// every VMPL below ours whatever right it has.
MUST_USE enum error platform_page_validate(vaddr_t va, uint32_t page_size, bool valid);
MUST_USE enum error platform_page_grant(vaddr_t va, uint32_t page_size);
MUST_USE enum error platform_page_revoke(vaddr_t va, uint32_t page_size);

// --- vCPUs of the guest

// SEV_FEATURES that each VMSA of the guest must have.
uint64_t platform_guest_features(void);

// Makes a 4 KiB page a VMSA that the guest can read: EDK2 and Linux take VMPL and SEV_FEATURES
// from it after they have registered it. platform_page_grant makes it an ordinary page again, or
// answers ERR_RMP_INUSE while a CPU runs on it.
MUST_USE enum error platform_vmsa_seal(vaddr_t va);

// The same for a page of the kernel's, which the guest cannot even read. The reverse: an ordinary
// page, or ERR_RMP_INUSE while a CPU runs on it.
MUST_USE enum error platform_vmsa_seal_own(vaddr_t va);
MUST_USE enum error platform_vmsa_unseal(vaddr_t va);

// The guest's first vCPU, in reset state at this address; its VMSA is a page of the kernel's, so
// that it cannot be deleted under the guest. Then: tells the host to run it.
MUST_USE enum error platform_boot_vcpu_create(gpa_t reset_vector, gpa_t *vmsa);
MUST_USE enum error platform_boot_vcpu_start(const struct cpu *cpu, gpa_t vmsa);

// In reset state again, on a page that platform_vmsa_unseal has made an ordinary one.
MUST_USE enum error platform_boot_vcpu_reset(gpa_t reset_vector, gpa_t vmsa);

// Tells the host that this CPU's vCPU of the guest is gone, with its interrupt controller and
// whatever was pending there. ERR_HOST: it refuses.
MUST_USE enum error platform_vcpu_destroy(const struct cpu *cpu);

// --- devices

// One access. ERR_INVALID_PARAMETER: port I/O of other than 1, 2 or 4 bytes, memory-mapped I/O of
// other than 1, 2, 4 or 8 bytes or not aligned to them: nothing is accessed then. ERR_HOST: the
// host refuses; *value is not changed. What a read gives is the host's word.
MUST_USE enum error platform_port_read(uint16_t port, unsigned int size, uint32_t *value);
MUST_USE enum error platform_port_write(uint16_t port, unsigned int size, uint32_t value);

// va: mapped by tempmap_device, or otherwise shared with the host. ERR_INVALID_ADDRESS: not mapped
// so.
MUST_USE enum error platform_mmio_read(vaddr_t va, unsigned int size, uint64_t *value);
MUST_USE enum error platform_mmio_write(vaddr_t va, unsigned int size, uint64_t value);

// MSRs that the host provides. ERR_HOST: it does not.
MUST_USE enum error platform_msr_read(uint32_t msr, uint64_t *value);
MUST_USE enum error platform_msr_write(uint32_t msr, uint64_t value);

void platform_console_write(const char *text, size_t size);

// --- running

// Says whether something wants attention: events are served by the caller's loop.
void platform_take_events(void);

// Waits until an event may have come; may return early.
void platform_idle(void);

// Runs this CPU's guest until it calls or an event comes. False: the host has none to run.
MUST_USE bool platform_run_guest(void);

// One event for this CPU after so many counts of its APIC's timer: with hosts of today
// nanoseconds. It may come late, and not at all when the host does not want to.
void platform_arm_timer(uint32_t count);

// Before ring 3 is entered: leaves nothing that a program could set off.
void platform_before_user(void);

// Makes this CPU forget its translations, global ones and those of the guest too.
void platform_flush_own_tlb(void);

// The same on every CPU at once; false: the processor cannot do that.
MUST_USE bool platform_flush_all_tlbs(void);

// Makes a CPU that is in the guest or idle come back to the kernel.
MUST_USE enum error platform_wake_cpu(const struct cpu *cpu);

// Ends the VM because there is nothing left to do.
_Noreturn void platform_power_off(void);

// Ends the VM because it cannot go on.
_Noreturn void platform_terminate(enum terminate_reason reason);

#endif
