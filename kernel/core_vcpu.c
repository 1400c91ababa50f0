// SPDX-License-Identifier: MIT
// SVSM_CORE_CREATE_VCPU, DELETE_VCPU and REMAP_CA (document 58019, sections 6.1, 6.3 and 6.4).
#include "hw/x86.h"
#include "kernel/copy.h"
#include "kernel/core.h"
#include "kernel/cpu.h"
#include "kernel/cpus.h"
#include "kernel/guest_memory.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/memmap.h"
#include "kernel/platform.h"
#include "kernel/tempmap.h"
#include "kernel/tlb.h"
#include "kernel/vcpu.h"

// How long DELETE_VCPU waits for a vCPU to stop, in TSC ticks: some tenths of a second.
#define DELETE_WAIT_TICKS  (1ull << 30)
#define DELETE_WAIT_PAUSES 100

static bool is_guest_page(gpa_t page)
{
	return gpa_is_aligned(page, PAGE_SIZE) && memmap_is_guest(page, PAGE_SIZE);
}

static MUST_USE enum error vmsa_check(const void *page)
{
	const struct vmsa *vmsa = (const struct vmsa *)this_cpu()->request_buffer;

	if (!copy_may_fault(this_cpu()->request_buffer, page, sizeof(*vmsa)))
		return ERR_FAULT;
	if (vmsa->vmpl != SVSM_GUEST_VMPL || (vmsa->efer & EFER_SVME) == 0 ||
		vmsa->sev_features != platform_guest_features())
		return ERR_INVALID_PARAMETER;
	return OK;
}

// The page is the guest's no longer, or is given back as it was.
static MUST_USE enum error vmsa_seal_mapped(vaddr_t va)
{
	enum error err = platform_page_revoke(va, RMP_PAGE_4K);

	if (err == OK) {
		// A vCPU that still has a writable translation could change it after the check.
		tlb_flush_all();
		err = vmsa_check(vaddr_to_ptr(va));
	}
	if (err == OK)
		err = platform_vmsa_seal(va);
	if (err != OK)
		error_ignore(platform_page_grant(va, RMP_PAGE_4K)); // nothing more to do
	return err;
}

// Makes it a VMSA. Checked twice: first so that a wrong one costs no flush, then for good.
static MUST_USE enum error vmsa_seal(gpa_t page)
{
	vaddr_t va = tempmap_page(TEMP_VCPU, page);
	enum error err = vmsa_check(vaddr_to_ptr(va));

	if (err == OK)
		err = vmsa_seal_mapped(va);
	tempmap_unmap(TEMP_VCPU);
	return err;
}

// The reverse. ERR_RMP_INUSE: a CPU runs on it now.
static MUST_USE enum error vmsa_unseal(gpa_t page)
{
	vaddr_t va = tempmap_page(TEMP_VCPU, page);
	// Takes the VMSA bit away in the same step.
	enum error err = platform_page_grant(va, RMP_PAGE_4K);

	tempmap_unmap(TEMP_VCPU);
	return err;
}

static MUST_USE enum error create_under_lock(gpa_t vmsa, gpa_t caa, struct cpu *cpu)
{
	struct vcpu *vcpu = NULL;

	if (vcpu_uses_page_in(vmsa, PAGE_SIZE) || vcpu_uses_vmsa_in(caa, PAGE_SIZE) ||
		vcpu_is_caa_of_other(caa, cpu))
		return ERR_INVALID_ADDRESS;
	if (!guest_is_valid(vmsa, PAGE_SIZE) || !guest_is_valid(caa, PAGE_SIZE))
		return ERR_INVALID_ADDRESS;
	struct vcpu *before = cpu->vcpu;
	// What may fail for want of room comes before what changes the page.
	enum error err = vcpu_register(vmsa, caa, cpu, false, &vcpu);

	if (err != OK)
		return err;
	err = vmsa_seal(vmsa);
	if (err != OK) {
		vcpu_unregister(vcpu);
		cpu->vcpu = before;
	}
	return err;
}

enum error core_create_vcpu(struct request *request)
{
	gpa_t vmsa = gpa_make(request->rcx);
	gpa_t caa = gpa_make(request->rdx);

	if (!is_guest_page(vmsa) || !is_guest_page(caa) || gpa_equal(vmsa, caa))
		return ERR_INVALID_ADDRESS;
	if (request->r8 > UINT32_MAX)
		return ERR_INVALID_PARAMETER;
	struct cpu *cpu = cpus_find_online((uint32_t)request->r8);

	if (cpu == NULL)
		return ERR_INVALID_PARAMETER;
	spinlock_acquire(&guest_lock);
	enum error err = create_under_lock(vmsa, caa, cpu);

	spinlock_release(&guest_lock);
	return err;
}

static MUST_USE enum error delete_once(gpa_t vmsa)
{
	enum error err = ERR_RMP_INUSE;

	spinlock_acquire(&guest_lock);
	struct vcpu *vcpu = vcpu_find_by_vmsa(vmsa);

	// The kernel's own page never becomes the guest's.
	if (vcpu == NULL || vcpu->kernel_owned)
		err = ERR_INVALID_PARAMETER;
	else if (!vcpu->serving)
		err = vmsa_unseal(vmsa);
	if (err == OK)
		vcpu_unregister(vcpu);
	spinlock_release(&guest_lock);
	return err;
}

enum error core_delete_vcpu(struct request *request)
{
	gpa_t vmsa = gpa_make(request->rcx);
	uint64_t start = cpu_read_tsc();

	if (!gpa_is_aligned(vmsa, PAGE_SIZE))
		return ERR_INVALID_PARAMETER;
	if (gpa_equal(vmsa, request->vcpu->vmsa))
		return ERR_RMP_INUSE; // the caller's own: waiting would not help
	enum error err = delete_once(vmsa);

	// Guests ask the host to stop a vCPU and delete it at once, while it may still run for a
	// moment. EDK2 stops for good if that fails.
	while (err == ERR_RMP_INUSE && cpu_read_tsc() - start < DELETE_WAIT_TICKS) {
		for (unsigned int i = 0; i < DELETE_WAIT_PAUSES; i++)
			cpu_pause();
		err = delete_once(vmsa);
	}
	return err;
}

static MUST_USE enum error remap_under_lock(struct vcpu *vcpu, gpa_t caa)
{
	if (vcpu_uses_vmsa_in(caa, PAGE_SIZE) || vcpu_is_caa_of_other(caa, vcpu->cpu) ||
		!guest_is_valid(caa, PAGE_SIZE))
		return ERR_INVALID_ADDRESS;
	// No request is pending in the new one. Only the first eight bytes are the kernel's to
	// write.
	uint8_t *va = vaddr_to_ptr(tempmap_page(TEMP_VCPU, caa));
	uint64_t zero = 0;
	bool done = copy_may_fault(va, &zero, sizeof(zero));

	tempmap_unmap(TEMP_VCPU);
	if (!done)
		return ERR_FAULT;
	vcpu->caa = caa;
	return OK;
}

enum error core_remap_ca(struct request *request)
{
	gpa_t caa = gpa_make(request->rcx);

	if (!gpa_is_aligned(caa, PAGE_SIZE))
		return ERR_INVALID_PARAMETER;
	if (!is_guest_page(caa))
		return ERR_INVALID_ADDRESS;
	spinlock_acquire(&guest_lock);
	enum error err = remap_under_lock(request->vcpu, caa);

	spinlock_release(&guest_lock);
	return err;
}
