// SPDX-License-Identifier: MIT
#include "kernel/protect.h"

#include "kernel/cpu.h"
#include "kernel/cpuid.h"
#include "kernel/log.h"
#include "kernel/section.h"
#include "kernel/terminate.h"

#define RDRAND_TRIES 100

// The compiler's name for the guard (-mstack-protector-guard=global).
extern uint64_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);

uint64_t __stack_chk_guard RO_AFTER_INIT;

__attribute__((no_stack_protector)) void protect_seed_stack_guard(void)
{
	const struct snp_cpuid_entry *features = cpuid_find(CPUID_LEAF_FEATURES, 0);
	uint64_t value = 0;

	if (features == NULL || (features->ecx & CPUID_1_ECX_RDRAND) == 0)
		terminate_now(TERMINATE_NO_FEATURE);
	for (unsigned int i = 0; i < RDRAND_TRIES; i++) {
		if (!cpu_rdrand(&value))
			continue;
		// The lowest byte stays zero, so that no string runs over it.
		__stack_chk_guard = value & ~0xffull;
		return;
	}
	terminate_now(TERMINATE_NO_FEATURE);
}

_Noreturn void __stack_chk_fail(void)
{
	// The stack cannot be trusted, a report would use it.
	terminate_now(TERMINATE_PANIC);
}

void protect_init_cpu(void)
{
	const struct snp_cpuid_entry *leaf = cpuid_find(CPUID_LEAF_EXTENDED, 0);
	uint64_t cr4 = cpu_read_cr4();

	if (leaf != NULL) {
		cr4 |= (leaf->ebx & CPUID_7_EBX_SMEP) != 0 ? CR4_SMEP : 0;
		cr4 |= (leaf->ebx & CPUID_7_EBX_SMAP) != 0 ? CR4_SMAP : 0;
		cr4 |= (leaf->ecx & CPUID_7_ECX_UMIP) != 0 ? CR4_UMIP : 0;
	}
	cpu_write_cr4(cr4);
	log_info("protection: W^X, NX, CR0.WP%s%s%s", (cr4 & CR4_SMEP) != 0 ? ", SMEP" : "",
		(cr4 & CR4_SMAP) != 0 ? ", SMAP" : "", (cr4 & CR4_UMIP) != 0 ? ", UMIP" : "");
}
