// SPDX-License-Identifier: MIT
// Between the files of the fake hardware.
#ifndef TESTS_HOST_FAKE_INTERNAL_H
#define TESTS_HOST_FAKE_INTERNAL_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/host/fake/fake.h"

// All that fake_reset() sets back and that is not memory
struct fake_cpu {
	uint64_t cr0, cr2, cr3, cr4;
	uint64_t ghcb_msr;
	uint64_t ghcb_gpa; // registered; 0: not yet
	uint64_t doorbell_gpa;
	uint64_t start_vmsa; // given by AP creation, and not started yet
	uint64_t guest_vmsa; // of VMPL 2
	bool woken;	     // an IPI is on its way
};

struct fake_machine {
	struct fake_cpu cpu[FAKE_CPUS_MAX];
	uint32_t cpus;
	uint32_t current;
	uint64_t tsc;
	uint64_t sev_status;
	uint64_t hv_features;
	uint64_t sev_info;
	uint64_t region_size;
	bool drop_ipis;
	bool service_dead;
};
extern struct fake_machine fake_machine;

static inline struct fake_cpu *fake_cpu(void)
{
	return &fake_machine.cpu[fake_machine.current];
}

// What is armed; not part of the state after boot
struct fake_armed {
	bool alloc, rmp, exit, access; // armed
	uint64_t alloc_left, rmp_left, exit_left, access_left;
	uint32_t rmp_code;
	bool access_again;
	uint64_t access_later;
	enum fake_attack attack;
	bool happened;
	void (*meanwhile)(uint64_t gpa);
	void (*on_pause)(void);
	unsigned int rdrand_fails;
	uint32_t (*serve)(struct request *request, uint8_t *buffer, uint32_t *size);
	bool (*host_exit)(struct ghcb *ghcb);
	uint64_t (*host_msr)(uint64_t request, uint64_t usual);
	bool guest_answers;
	uint64_t guest_answer;
};
extern struct fake_armed fake_armed;

// Counts one down; true: now it happens.
bool fake_armed_hit(bool *armed, uint64_t *left);

// Ends the program: the fake found something that no kernel may do, or was used wrongly.
_Noreturn void fake_die(const char *format, ...) PRINTF_LIKE(1, 2);

// try.c: leaves the kernel for the innermost fake_try()
_Noreturn void fake_leave(int reason);

// The console, as the host has it
void console_append(const uint8_t *text, size_t size);
void console_restart(void);

// The one entry of the exception table
#define FAKE_INSN  0x1000
#define FAKE_FIXUP 0x2000

// segv.c: cmocka puts its own handler in before each test
void segv_install(void);

// check.c: what the heap holds when the guest starts
void check_save(void);

// memory.c
#define REGION_PAGES (KERNEL_REGION_SIZE / PAGE_SIZE)

enum fake_access {
	ACCESS_OK,
	ACCESS_NOT_MAPPED,  // #PF
	ACCESS_NOT_ALLOWED, // #PF, for a write
	ACCESS_NOT_VALID,   // #VC
};

struct fake_mapping {
	uint64_t gpa; // of the byte that was asked for
	bool encrypted;
	bool writable;
	bool huge;
};

// By the current CPU's tables as they are now.
bool fake_walk(uint64_t va, struct fake_mapping *mapping);
bool fake_va_is_kernel(uint64_t va); // region or window
// By the TLB, filled on need; checks the RMP.
enum fake_access fake_translate(uint64_t va, bool write, uint64_t *gpa);

void memory_init(void);		       // once
void memory_restart(void);	       // before each boot: everything zero, the image in the region
void memory_map_region(uint64_t heap); // the region is mapped up to this address
void memory_save(void);
void memory_restore(void);
void memory_tlb_map(uint64_t va);
void memory_tlb_drop(void);
void memory_tlb_drop_page(uint64_t va);
void memory_region_sync(uint64_t va); // what the tables and the RMP say of a page of the region
void memory_mark_written(uint64_t gpa);

// rmp.c
#define PAGE_SHARED  0x01
#define PAGE_VALID   0x02
#define PAGE_VMSA    0x04
#define PAGE_TOUCHED 0x08 // in the list of pages to set back
#define PAGE_WRITTEN 0x10 // its contents too
#define PAGE_HOSTILE 0x20 // the host attacked it
#define PAGE_HIDDEN  0x40 // another valid page of this address is in the host's hands

struct fake_page {
	uint8_t flags;
	uint8_t rights[VMPL_COUNT];
};
struct fake_page *rmp_page(uint64_t gpa);	// to read
struct fake_page *rmp_page_touch(uint64_t gpa); // to change
void rmp_restart(void);
void rmp_save(void);
void rmp_restore(void);
bool rmp_is_huge(uint64_t gpa);
void rmp_split(uint64_t gpa, bool split);
void rmp_set_shared(uint64_t gpa, bool shared, bool huge);
void rmp_set_launched(uint64_t gpa, uint64_t size); // private and valid from the start
void rmp_access(uint64_t gpa, uint64_t size);	    // counts for fake_attack_access()
// Every page that was ever changed.
size_t rmp_touched_count(void);
uint64_t rmp_touched_gpa(size_t i);

// cpu.c
void cpu_select(uint32_t index);

#endif
