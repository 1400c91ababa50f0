// SPDX-License-Identifier: MIT
/*
 * struct percpu: what a CPU keeps for itself, at the same virtual address on each (layout.h).
 * struct cpu: what other CPUs may look at, one for each CPU that the host announced.
 */
#ifndef KERNEL_PERCPU_H
#define KERNEL_PERCPU_H

#include <stdatomic.h>

#include "hw/assert.h"
#include "kernel/error.h"
#include "kernel/layout.h"
#include "kernel/trap.h"
#include "lib/addr.h"

#define CPUS_MAX 128

struct vcpu;

struct cpu {
	uint32_t index;
	uint32_t apic_id;
	atomic_bool online;
	atomic_bool outside;	      // in the guest, or idle (tlb.h)
	atomic_bool parked;	      // waits for the end of a reboot of the guest (reboot.h)
	atomic_ullong tlb_generation; // of its last flush

	// under guest_lock
	struct vcpu *vcpu; // the guest's VMSA that this CPU serves, or NULL
};

// Task state segment, APM 2 section 12.2.5
struct __attribute__((packed)) tss {
	uint32_t reserved_00;
	uint64_t rsp[3];
	uint64_t reserved_1c;
	uint64_t ist[7];
	uint64_t reserved_5c;
	uint16_t reserved_64;
	uint16_t io_map_base;
};
ASSERT_SIZE(struct tss, 104);

struct percpu {
	// first, at offsets that assembly knows (layout.h)
	struct trap_frame
		user_frame;   // of the program in ring 3: the processor and entries write it
	uint64_t kernel_rsp;  // of user_enter
	uint64_t syscall_rax; // for a few instructions of syscall_entry

	struct cpu *cpu;
	gpa_t root;   // of this CPU's page tables
	uint64_t *pd; // directory of the window
	uint64_t *pt; // table of its first 2 MiB
	bool in_panic;
	uint32_t lock_levels; // bit n: holds a lock of level n (spinlock.h)

	gpa_t ghcb_gpa;
	bool ghcb_ready;
	bool ghcb_msr_is_gpa; // the GHCB MSR holds ghcb_gpa
	gpa_t doorbell_gpa;
	bool doorbell_ready;
	bool timer_ready;
	uint64_t timer_end; // TSC time at which the timer's event comes, if it comes

	struct tss tss __attribute__((aligned(16)));
	uint64_t gdt[GDT_COUNT];

	// the guest's request is decoded from this copy, never from guest memory
	uint8_t request_buffer[PAGE_SIZE] __attribute__((aligned(16)));
};
ASSERT_OFFSET(struct percpu, user_frame, PERCPU_USER_FRAME);
ASSERT_OFFSET(struct percpu, kernel_rsp, PERCPU_KERNEL_RSP);
ASSERT_OFFSET(struct percpu, syscall_rax, PERCPU_SYSCALL_RAX);
_Static_assert(sizeof(struct percpu) <= PERCPU_STRUCT_PAGES * PAGE_SIZE, "PERCPU_STRUCT_PAGES");

static inline struct percpu *this_cpu(void)
{
	return (struct percpu *)PERCPU_VA;
}

// Makes the boot CPU's window out of pages of the image and of the boot stack, and switches
// to its tables.
void percpu_init_boot(void);

// Takes the boot stack out of the shared tables. The caller runs on the window's stack.
void percpu_drop_boot_stack(void);

// Builds another CPU's window: tables, stacks, GHCB and doorbell page. Nothing is undone on
// failure: the VM does not start without its CPUs.
MUST_USE enum error percpu_create(struct cpu *cpu, gpa_t *root);

// The rest of the boot CPU's window, once there is memory for it: other stacks, GHCB, doorbell.
MUST_USE enum error percpu_complete_boot(void);

// GDT, TSS and IDT of the running CPU.
void percpu_load_tables(void);

#endif
