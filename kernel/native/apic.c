// SPDX-License-Identifier: MIT
#include "kernel/native/apic.h"

#include "kernel/cpu.h"
#include "kernel/cpuid.h"
#include "kernel/log.h"
#include "kernel/pagetable.h"
#include "kernel/percpu.h"
#include "kernel/terminate.h"

#define APIC_TPR	  0x080
#define APIC_SPURIOUS	  0x0f0
#define APIC_ICR_LOW	  0x300
#define APIC_ICR_HIGH	  0x310
#define APIC_LVT_TIMER	  0x320
#define APIC_LVT_LINT0	  0x350
#define APIC_LVT_LINT1	  0x360
#define APIC_LVT_ERROR	  0x370
#define APIC_TIMER_COUNT  0x380
#define APIC_TIMER_DIVIDE 0x3e0

#define SPURIOUS_ENABLE	  0x100
#define LVT_MASKED	  0x10000
#define LVT_NMI		  0x400
#define DIVIDE_BY_1	  0xb
#define ICR_FIXED	  0x000
#define ICR_INIT	  0x500
#define ICR_STARTUP	  0x600
#define ICR_PENDING	  0x1000
#define ICR_ASSERT	  0x4000

#define APIC_ID_MAX	  254 // 255 is every CPU
#define PENDING_LOOKS	  1000000

#define CPUID_1_EDX_APIC  BIT(9)
#define APIC_BASE_ADDRESS 0x000ffffffffff000

static volatile uint32_t *apic_register(unsigned int offset)
{
	return (volatile uint32_t *)(LOCAL_APIC_VA + offset);
}

void apic_check(void)
{
	const struct snp_cpuid_entry *leaf = cpuid_find(CPUID_LEAF_FEATURES, 0);

	if (leaf == NULL || (leaf->edx & CPUID_1_EDX_APIC) == 0) {
		log_error("native: the processor has no local APIC");
		terminate(TERMINATE_NO_FEATURE);
	}
	uint64_t base = cpu_read_msr(MSR_APIC_BASE);

	log_info("local APIC: base 0x%lx", base);
	if ((base & APIC_BASE_ENABLE) == 0 || (base & APIC_BASE_X2) != 0) {
		log_error("native: the local APIC is off or in x2APIC mode");
		terminate(TERMINATE_NO_FEATURE);
	}
}

void apic_init_cpu(void)
{
	uint64_t base = cpu_read_msr(MSR_APIC_BASE);
	bool is_boot_cpu = (base & APIC_BASE_BSP) != 0;

	this_cpu()->pt[LOCAL_APIC_PAGE] =
		pagetable_entry_device(gpa_make(base & APIC_BASE_ADDRESS));
	*apic_register(APIC_SPURIOUS) = SPURIOUS_ENABLE | SPURIOUS_VECTOR;
	*apic_register(APIC_TPR) = 0;
	*apic_register(APIC_LVT_TIMER) = WAKE_VECTOR;
	*apic_register(APIC_TIMER_DIVIDE) = DIVIDE_BY_1;
	*apic_register(APIC_LVT_LINT0) = LVT_MASKED;
	*apic_register(APIC_LVT_ERROR) = LVT_MASKED;
	// QEMU's monitor command `nmi`: a report of where this CPU is, then the end.
	*apic_register(APIC_LVT_LINT1) = is_boot_cpu ? LVT_NMI : LVT_MASKED;
}

void apic_arm_timer(uint32_t count)
{
	*apic_register(APIC_TIMER_COUNT) = count;
}

static MUST_USE enum error apic_send(uint32_t apic_id, uint32_t command)
{
	if (apic_id > APIC_ID_MAX)
		return ERR_LIMIT;
	*apic_register(APIC_ICR_HIGH) = apic_id << 24;
	*apic_register(APIC_ICR_LOW) = command;
	for (unsigned int i = 0; i < PENDING_LOOKS; i++) {
		if ((*apic_register(APIC_ICR_LOW) & ICR_PENDING) == 0)
			return OK;
		cpu_pause();
	}
	return ERR_HOST;
}

enum error apic_send_wake(uint32_t apic_id)
{
	return apic_send(apic_id, ICR_FIXED | ICR_ASSERT | WAKE_VECTOR);
}

enum error apic_send_init(uint32_t apic_id)
{
	return apic_send(apic_id, ICR_INIT | ICR_ASSERT);
}

enum error apic_send_startup(uint32_t apic_id, gpa_t code)
{
	return apic_send(apic_id, ICR_STARTUP | ICR_ASSERT | (uint32_t)gpa_page(code));
}
