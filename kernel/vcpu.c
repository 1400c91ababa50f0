// SPDX-License-Identifier: MIT
#include "kernel/vcpu.h"

#include "kernel/guest_memory.h"
#include "kernel/layout.h"
#include "kernel/panic.h"
#include "lib/overflow.h"

// under guest_lock
static struct vcpu vcpus[VCPUS_MAX];
static size_t vcpu_high; // no used entry from here on

struct vcpu *vcpu_next(const struct vcpu *after)
{
	KERNEL_ASSERT(spinlock_is_held(&guest_lock));
	for (size_t i = after == NULL ? 0 : (size_t)(after - vcpus) + 1; i < vcpu_high; i++) {
		if (vcpus[i].used)
			return &vcpus[i];
	}
	return NULL;
}

struct vcpu *vcpu_find_by_vmsa(gpa_t vmsa)
{
	for (size_t i = 0; i < vcpu_high; i++) {
		if (vcpus[i].used && gpa_equal(vcpus[i].vmsa, vmsa))
			return &vcpus[i];
	}
	return NULL;
}

static bool page_is_in(gpa_t page, gpa_t start, uint64_t size)
{
	return ranges_overlap(gpa_value(page), PAGE_SIZE, gpa_value(start), size);
}

bool vcpu_uses_vmsa_in(gpa_t start, uint64_t size)
{
	for (size_t i = 0; i < vcpu_high; i++) {
		if (vcpus[i].used && page_is_in(vcpus[i].vmsa, start, size))
			return true;
	}
	return false;
}

bool vcpu_uses_page_in(gpa_t start, uint64_t size)
{
	for (size_t i = 0; i < vcpu_high; i++) {
		if (vcpus[i].used && (page_is_in(vcpus[i].vmsa, start, size) ||
					     page_is_in(vcpus[i].caa, start, size)))
			return true;
	}
	return false;
}

bool vcpu_is_caa_of_other(gpa_t caa, const struct cpu *cpu)
{
	for (size_t i = 0; i < vcpu_high; i++) {
		if (vcpus[i].used && vcpus[i].cpu != cpu && gpa_equal(vcpus[i].caa, caa))
			return true;
	}
	return false;
}

static struct vcpu *vcpu_find_unused(void)
{
	for (size_t i = 0; i < VCPUS_MAX; i++) {
		if (!vcpus[i].used) {
			vcpu_high = MAX(vcpu_high, i + 1);
			return &vcpus[i];
		}
	}
	return NULL;
}

enum error vcpu_register(
	gpa_t vmsa, gpa_t caa, struct cpu *cpu, bool kernel_owned, struct vcpu **result)
{
	KERNEL_ASSERT(spinlock_is_held(&guest_lock));
	struct vcpu *vcpu = vcpu_find_unused();

	if (vcpu == NULL)
		return ERR_LIMIT;
	*vcpu = (struct vcpu){
		.used = true,
		.kernel_owned = kernel_owned,
		.vmsa = vmsa,
		.caa = caa,
		.cpu = cpu,
	};
	cpu->vcpu = vcpu;
	if (result != NULL)
		*result = vcpu;
	return OK;
}

void vcpu_unregister(struct vcpu *vcpu)
{
	KERNEL_ASSERT(spinlock_is_held(&guest_lock));
	if (vcpu->cpu->vcpu == vcpu)
		vcpu->cpu->vcpu = NULL;
	*vcpu = (struct vcpu){0};
}

struct vcpu *vcpu_begin(void)
{
	spinlock_acquire(&guest_lock);
	struct vcpu *vcpu = this_cpu()->cpu->vcpu;

	if (vcpu != NULL)
		vcpu->serving = true;
	spinlock_release(&guest_lock);
	return vcpu;
}

void vcpu_end(struct vcpu *vcpu)
{
	spinlock_acquire(&guest_lock);
	vcpu->serving = false;
	spinlock_release(&guest_lock);
}
