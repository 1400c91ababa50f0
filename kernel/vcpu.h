// SPDX-License-Identifier: MIT
/*
 * The guest's vCPUs: each VMSA that the guest registered, with its calling area and the CPU it is
 * for. Each CPU serves one of them, the newest (struct cpu, vcpu). All under guest_lock.
 */
#ifndef KERNEL_VCPU_H
#define KERNEL_VCPU_H

#include "hw/vmsa.h"
#include "kernel/error.h"
#include "kernel/percpu.h"

#define VCPUS_MAX (CPUS_MAX * 2ul) // while a new VMSA takes over, a CPU has two

struct vcpu {
	bool used;
	bool serving;	   // its CPU is reading and writing the VMSA right now
	bool kernel_owned; // the first VMSA: its page is the kernel's
	gpa_t vmsa;
	gpa_t caa;
	struct cpu *cpu;
};

// Goes through all: after NULL the first, after the last NULL.
struct vcpu *vcpu_next(const struct vcpu *after);

// NULL: none.
struct vcpu *vcpu_find_by_vmsa(gpa_t vmsa);

// Whether a VMSA page lies in the range; whether a VMSA or calling area does.
MUST_USE bool vcpu_uses_vmsa_in(gpa_t start, uint64_t size);
MUST_USE bool vcpu_uses_page_in(gpa_t start, uint64_t size);

// Whether this page is the calling area of a vCPU of another CPU.
MUST_USE bool vcpu_is_caa_of_other(gpa_t caa, const struct cpu *cpu);

// The CPU serves it from now on. ERR_LIMIT: no room for more.
MUST_USE enum error vcpu_register(
	gpa_t vmsa, gpa_t caa, struct cpu *cpu, bool kernel_owned, struct vcpu **result);
void vcpu_unregister(struct vcpu *vcpu);

// Between begin and end this CPU alone touches the VMSA, and nobody can delete it. NULL: this CPU
// has no guest. These two take guest_lock themselves.
struct vcpu *vcpu_begin(void);
void vcpu_end(struct vcpu *vcpu);

#endif
