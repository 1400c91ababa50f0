// SPDX-License-Identifier: MIT
#include "kernel/vcpu_freeze.h"

#include "hw/x86.h"
#include "kernel/copy.h"
#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/guest_memory.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/platform.h"
#include "kernel/tempmap.h"
#include "kernel/vcpu.h"

// How long a vCPU may take to stop, in TSC ticks: some tenths of a second.
#define FREEZE_TICKS  (1ull << 30)
#define FREEZE_PAUSES 100

typedef enum error (*vcpu_step)(const struct vcpu *vcpu, vaddr_t va);

static MUST_USE enum error with_vmsa(const struct vcpu *vcpu, vcpu_step step)
{
	enum error err = step(vcpu, tempmap_page(TEMP_VCPU, vcpu->vmsa));

	tempmap_unmap(TEMP_VCPU);
	return err;
}

// The guest may have given the page to the host, for a vCPU that does not run: a try first.
static MUST_USE enum error efer_of(vaddr_t va, uint64_t **efer)
{
	uint64_t value = 0;

	*efer = (uint64_t *)((uint8_t *)vaddr_to_ptr(va) + offsetof(struct vmsa, efer));
	return copy_may_fault(&value, *efer, sizeof(value)) ? OK : ERR_FAULT;
}

// First SVME, so that a vCPU that stops does not start again; then the VMSA bit, which the
// processor does not take from a page that it is using.
static MUST_USE enum error step_freeze(const struct vcpu *vcpu, vaddr_t va)
{
	uint64_t *efer = NULL;
	enum error err = efer_of(va, &efer);

	if (err != OK)
		return err;
	__atomic_fetch_and(efer, ~(uint64_t)EFER_SVME, __ATOMIC_SEQ_CST);
	return vcpu->kernel_owned ? platform_vmsa_unseal(va)
				  : platform_page_revoke(va, RMP_PAGE_4K);
}

static MUST_USE enum error freeze_one(const struct vcpu *vcpu)
{
	uint64_t start = cpu_read_tsc();
	enum error err = with_vmsa(vcpu, step_freeze);

	while (err == ERR_RMP_INUSE && cpu_read_tsc() - start < FREEZE_TICKS) {
		for (unsigned int i = 0; i < FREEZE_PAUSES; i++)
			cpu_pause();
		err = with_vmsa(vcpu, step_freeze);
	}
	return err;
}

static MUST_USE enum error step_runnable(const struct vcpu *vcpu, vaddr_t va)
{
	uint64_t *efer = NULL;
	enum error err = vcpu->serving ? OK : efer_of(va, &efer);

	if (efer != NULL && err == OK)
		__atomic_fetch_or(efer, (uint64_t)EFER_SVME, __ATOMIC_SEQ_CST);
	return err;
}

static MUST_USE enum error step_seal(const struct vcpu *vcpu, vaddr_t va)
{
	return vcpu->kernel_owned ? platform_vmsa_seal_own(va) : platform_vmsa_seal(va);
}

static void thaw_one(const struct vcpu *vcpu, vcpu_step step)
{
	enum error err = with_vmsa(vcpu, step);

	// The host has taken the page: this vCPU is lost, by its doing.
	if (err != OK)
		log_error(
			"VMSA 0x%lx cannot be given back: error 0x%x", gpa_value(vcpu->vmsa), err);
}

// Up to this one, itself excluded; NULL: all. First all are VMSAs again, and only then one may run:
// a vCPU that the host runs at once could write to another's page, which is the guest's until then.
static void thaw_until(const struct vcpu *end)
{
	for (struct vcpu *vcpu = vcpu_next(NULL); vcpu != end; vcpu = vcpu_next(vcpu))
		thaw_one(vcpu, step_seal);
	for (struct vcpu *vcpu = vcpu_next(NULL); vcpu != end; vcpu = vcpu_next(vcpu))
		thaw_one(vcpu, step_runnable);
}

enum error vcpus_freeze(void)
{
	enum error err = OK;
	struct vcpu *vcpu = NULL;

	spinlock_acquire(&guest_lock);
	for (vcpu = vcpu_next(NULL); vcpu != NULL && err == OK; vcpu = vcpu_next(vcpu)) {
		err = freeze_one(vcpu);
		if (err != OK)
			break;
	}
	if (err != OK) {
		log_warn("VMSA 0x%lx cannot be stopped: error 0x%x", gpa_value(vcpu->vmsa), err);
		// A page in use is still a VMSA.
		if (err != ERR_RMP_INUSE)
			thaw_one(vcpu, step_seal);
		thaw_one(vcpu, step_runnable);
		thaw_until(vcpu);
	}
	spinlock_release(&guest_lock);
	return err;
}

void vcpus_thaw(void)
{
	spinlock_acquire(&guest_lock);
	thaw_until(NULL);
	spinlock_release(&guest_lock);
}

static struct vcpu *vcpu_first(void)
{
	struct vcpu *vcpu = vcpu_next(NULL);

	while (vcpu != NULL && !vcpu->kernel_owned)
		vcpu = vcpu_next(vcpu);
	KERNEL_ASSERT(vcpu != NULL);
	return vcpu;
}

static void forget_all(void)
{
	struct vcpu *next = NULL;

	for (struct vcpu *vcpu = vcpu_next(NULL); vcpu != NULL; vcpu = next) {
		next = vcpu_next(vcpu);
		vcpu_unregister(vcpu);
	}
	for (uint32_t i = 0; i < cpus_count(); i++) {
		// One that the host keeps has no VMSA that the processor runs.
		error_ignore(platform_vcpu_destroy(cpus_get(i)));
	}
}

enum error vcpus_start_over(gpa_t reset_vector, gpa_t caa)
{
	spinlock_acquire(&guest_lock);
	struct vcpu *first = vcpu_first();
	struct cpu *cpu = first->cpu;
	gpa_t vmsa = first->vmsa;

	forget_all();
	enum error err = platform_boot_vcpu_reset(reset_vector, vmsa);

	if (err == OK)
		err = vcpu_register(vmsa, caa, cpu, true, NULL);
	spinlock_release(&guest_lock);
	return err;
}

enum error vcpu_first_start(void)
{
	spinlock_acquire(&guest_lock);
	const struct vcpu *first = vcpu_first();
	gpa_t vmsa = first->vmsa;

	KERNEL_ASSERT(first->cpu == this_cpu()->cpu);
	spinlock_release(&guest_lock);
	return platform_boot_vcpu_start(this_cpu()->cpu, vmsa);
}
