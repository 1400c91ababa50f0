// SPDX-License-Identifier: MIT
// For the tests of reboots (test_reboot*.c): a guest that has had everything, three vCPUs included,
// and what is to be seen of it before and after.
#ifndef TESTS_HOST_REBOOT_H
#define TESTS_HOST_REBOOT_H

#include "hw/rmp.h"
#include "tests/host/host.h"

#define LIST	FAKE_FREE_GPA
#define CAA0	(FAKE_FREE_GPA + 1 * PAGE_SIZE) // where CPU 0 has moved its calling area
#define CAA(n)	(FAKE_FREE_GPA + (2 + (n)) * PAGE_SIZE)
#define VMSA(n) (FAKE_FREE_GPA + (8 + (n)) * PAGE_SIZE)
#define LARGE	MIB(64) // a page of 2 MiB
#define SMALL	MIB(66) // every second page
#define PIECE	MIB(68) // 2 MiB in small pages, in one of the tests
#define SMALLS	3
#define CPUS	3
#define VALID	SVSM_PVALIDATE_VALIDATE

extern const struct fake_config reboot_config;

// --- the old boot

// Starts from the state after fake_boot(): pages of both sizes, full of a pattern, a moved calling
// area, a vCPU on each CPU.
void old_boot(void);
void pvalidate(uint64_t entry); // one entry of a list, which has to succeed
void pattern(uint64_t gpa, uint64_t size);
uint64_t vmsa_of(unsigned int cpu); // 0: it has no vCPU

// Pages of every kind
#define WATCHED 18
extern const uint64_t watched[WATCHED];

struct page_state {
	bool valid, vmsa;
	uint8_t rights;
	uint8_t bytes[32];
};

struct state {
	uint64_t valid, caa, efer[CPUS], vmsa[CPUS];
	size_t runs;
	struct page_state page[WATCHED];
};

void state_look(struct state *state);
void assert_same(const struct state *a, const struct state *b);

// --- a reboot

// Asks on a CPU, and gives the others their turn. FAKE_RETURNED, or why the VM ended; `answer` is
// RAX, if the call was answered.
MUST_USE int reboot_on(unsigned int cpu);
extern uint64_t answer;
extern bool answered;

bool is_new_boot(void);
// The guest has been rebooted, and can do what it could at first.
void assert_new(void);

#endif
