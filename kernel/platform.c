// SPDX-License-Identifier: MIT
#include "kernel/platform.h"

#include "kernel/section.h"

static const struct platform *platform RO_AFTER_INIT = &platform_snp;

void platform_choose(const struct platform *chosen)
{
	platform = chosen;
}

const char *platform_name(void)
{
	return platform->name;
}

bool platform_has_guests(void)
{
	return platform->has_guests;
}

void platform_init(void)
{
	platform->init();
}

void platform_init_cpu(void)
{
	platform->init_cpu();
}

enum error platform_prepare_cpus(uint32_t count)
{
	return platform->prepare_cpus(count);
}

enum error platform_start_cpu(const struct cpu *cpu, gpa_t root)
{
	return platform->start_cpu(cpu, root);
}

enum error platform_validate_page(gpa_t page)
{
	return platform->validate_page(page);
}

enum error platform_validate_range(gpa_t start, uint64_t size)
{
	return platform->validate_range(start, size);
}

enum error platform_share_page(gpa_t page)
{
	return platform->share_page(page);
}

enum error platform_page_make_private(gpa_t start, uint64_t size)
{
	return platform->page_make_private(start, size);
}

enum error platform_page_validate(vaddr_t va, uint32_t page_size, bool valid)
{
	return platform->page_validate(va, page_size, valid);
}

enum error platform_page_grant(vaddr_t va, uint32_t page_size)
{
	return platform->page_grant(va, page_size);
}

enum error platform_page_revoke(vaddr_t va, uint32_t page_size)
{
	return platform->page_revoke(va, page_size);
}

uint64_t platform_guest_features(void)
{
	return platform->guest_features();
}

enum error platform_vmsa_seal(vaddr_t va)
{
	return platform->vmsa_seal(va);
}

enum error platform_vmsa_seal_own(vaddr_t va)
{
	return platform->vmsa_seal_own(va);
}

enum error platform_vmsa_unseal(vaddr_t va)
{
	return platform->vmsa_unseal(va);
}

enum error platform_boot_vcpu_create(gpa_t reset_vector, gpa_t *vmsa)
{
	return platform->boot_vcpu_create(reset_vector, vmsa);
}

enum error platform_boot_vcpu_reset(gpa_t reset_vector, gpa_t vmsa)
{
	return platform->boot_vcpu_reset(reset_vector, vmsa);
}

enum error platform_boot_vcpu_start(const struct cpu *cpu, gpa_t vmsa)
{
	return platform->boot_vcpu_start(cpu, vmsa);
}

enum error platform_vcpu_destroy(const struct cpu *cpu)
{
	return platform->vcpu_destroy(cpu);
}

static bool port_size_is_right(uint16_t port, unsigned int size)
{
	return (size == 1 || size == 2 || size == 4) && port + size <= UINT16_MAX + 1u;
}

enum error platform_port_read(uint16_t port, unsigned int size, uint32_t *value)
{
	if (!port_size_is_right(port, size))
		return ERR_INVALID_PARAMETER;
	return platform->port_read(port, size, value);
}

enum error platform_port_write(uint16_t port, unsigned int size, uint32_t value)
{
	if (!port_size_is_right(port, size))
		return ERR_INVALID_PARAMETER;
	return platform->port_write(port, size, value);
}

// Aligned, so one access never crosses a page either.
static bool mmio_size_is_right(vaddr_t va, unsigned int size)
{
	return (size == 1 || size == 2 || size == 4 || size == 8) && vaddr_is_aligned(va, size);
}

enum error platform_mmio_read(vaddr_t va, unsigned int size, uint64_t *value)
{
	if (!mmio_size_is_right(va, size))
		return ERR_INVALID_PARAMETER;
	return platform->mmio_read(va, size, value);
}

enum error platform_mmio_write(vaddr_t va, unsigned int size, uint64_t value)
{
	if (!mmio_size_is_right(va, size))
		return ERR_INVALID_PARAMETER;
	return platform->mmio_write(va, size, value);
}

enum error platform_msr_read(uint32_t msr, uint64_t *value)
{
	return platform->msr_read(msr, value);
}

enum error platform_msr_write(uint32_t msr, uint64_t value)
{
	return platform->msr_write(msr, value);
}

void platform_console_write(const char *text, size_t size)
{
	platform->console_write(text, size);
}

void platform_take_events(void)
{
	platform->take_events();
}

void platform_idle(void)
{
	platform->idle();
}

bool platform_run_guest(void)
{
	return platform->run_guest();
}

void platform_arm_timer(uint32_t count)
{
	platform->arm_timer(count);
}

void platform_before_user(void)
{
	platform->before_user();
}

void platform_flush_own_tlb(void)
{
	platform->flush_own_tlb();
}

bool platform_flush_all_tlbs(void)
{
	return platform->flush_all_tlbs();
}

enum error platform_wake_cpu(const struct cpu *cpu)
{
	return platform->wake_cpu(cpu);
}

_Noreturn void platform_power_off(void)
{
	platform->power_off();
	__builtin_unreachable();
}

_Noreturn void platform_terminate(enum terminate_reason reason)
{
	platform->terminate(reason);
	__builtin_unreachable();
}
