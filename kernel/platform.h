// SPDX-License-Identifier: MIT
/*
 * What the kernel wants from the machine below it. SNP under a GHCB host is the platform there is
 * (platform_snp.c); another one implements the same functions.
 */
#ifndef KERNEL_PLATFORM_H
#define KERNEL_PLATFORM_H

#include "kernel/error.h"
#include "kernel/terminate.h"
#include "lib/addr.h"

struct cpu;

// Checks what the platform promises and negotiates with the host; ends the VM when that fails.
void platform_init(void);

// Before any allocation: makes this private page usable, slowly.
MUST_USE enum error platform_validate_page(gpa_t page);

// The same for whole pages, in large pieces where they fit. Needs the GHCB.
MUST_USE enum error platform_validate_range(gpa_t start, uint64_t size);

// Hands a page of the kernel over to the host. It must be unmapped or mapped shared afterwards.
MUST_USE enum error platform_share_page(gpa_t page);

// Announces this CPU's GHCB and doorbell page to the host.
void platform_init_cpu(void);

void platform_console_write(const char *text, size_t size);

// Starts the CPU at ap_entry on these page tables.
MUST_USE enum error platform_start_cpu(const struct cpu *cpu, gpa_t root);

// Says whether something wants attention: events are served by the caller's loop.
void platform_take_events(void);

// Waits until an event may have come; may return early.
void platform_idle(void);

// Runs this CPU's guest until it calls or an event comes. False: the host has none to run.
MUST_USE bool platform_run_guest(void);

// Makes this CPU forget its translations, global ones and those of the guest too.
void platform_flush_own_tlb(void);

// The same on every CPU at once; false: the processor cannot do that.
MUST_USE bool platform_flush_all_tlbs(void);

// Makes a CPU that is in the guest or idle come back to the kernel.
MUST_USE enum error platform_wake_cpu(const struct cpu *cpu);

_Noreturn void platform_terminate(enum terminate_reason reason);

#endif
