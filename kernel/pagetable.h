// SPDX-License-Identifier: MIT
/*
 * The kernel's own mappings. The region is mapped by the builder's tables (abi/boot.h), which all
 * CPUs share; entries are only ever taken away from them, while the boot CPU runs alone: up to
 * cpus_prepare(). What belongs to one CPU is unmapped there and mapped in that CPU's window
 * (layout.h).
 */
#ifndef KERNEL_PAGETABLE_H
#define KERNEL_PAGETABLE_H

#include "hw/x86.h"
#include "kernel/error.h"
#include "lib/addr.h"

#define PTE_DATA (PTE_P | PTE_W | PTE_A | PTE_D | PTE_NX)

// mask: the C-bit as entry32 found it, 0: there is none (kernel/native).
void pagetable_init(uint64_t mask);
uint64_t pagetable_cbit(void);

// Behind the last address that an entry can name: the C-bit, or what the format has room for.
uint64_t pagetable_address_end(void);

// An entry for a private page.
uint64_t pagetable_entry(gpa_t page, uint64_t flags);

// An entry for a page that the host reads and writes.
uint64_t pagetable_entry_shared(gpa_t page);

// The same for a device: not cached.
uint64_t pagetable_entry_device(gpa_t page);

// Takes a page of the region out of the shared tables.
void pagetable_unmap(void *page);

// Makes what lies between the linker's ro_after_init marks read-only, and drops the 1:1 mapping
// of the entry page. The boot CPU alone runs.
void pagetable_seal(void);

// The entry of the shared tables that maps this address; NULL: none, or a large page.
uint64_t *pagetable_find(uint64_t va);

// The entry that maps this address on the running CPU, its window included, and where it leads;
// 0: it is not mapped.
MUST_USE uint64_t pagetable_translate(uint64_t va, gpa_t *gpa);

#endif
