// SPDX-License-Identifier: MIT
/*
 * The kernel as a program of the build machine. Its C sources are compiled unchanged; below them
 * lies a fake processor, RMP and host:
 *
 *	memory.c  guest-physical memory, the kernel's region at KERNEL_VA, each CPU's window,
 *	          whose mappings are looked up in the kernel's own tables and kept as by a TLB
 *	pages.c   the RMP
 *	rmp.c     PVALIDATE and RMPADJUST, and what a hostile host does to pages
 *	cpu.c     registers, time, several CPUs one after the other
 *	copy.c    accesses that may fault; segv.c: plain accesses that do
 *	try.c     ways out of the kernel, the console, what is armed
 *	ghcb.c    the host behind VMGEXIT
 *	ring3.c   a service that is a function of the test
 *	boot.c    what the IGVM builder and the host leave in memory; kernel_start() to the guest
 *	call.c    a request of the guest
 *	check.c   what has to be true between any two
 *
 * One thread. What stops in the kernel (terminate, panic, KERNEL_ASSERT) comes back from
 * fake_try() or fake_boot() with the reason; anywhere else it ends the program with the log.
 */
#ifndef TESTS_HOST_FAKE_H
#define TESTS_HOST_FAKE_H

#include "abi/boot.h"
#include "abi/svsm.h"
#include "hw/igvm.h"
#include "hw/rmp.h"
#include "hw/vmsa.h"
#include "kernel/layout.h"
#include "kernel/terminate.h"
#include "lib/addr.h"
#include "lib/string.h"

#define FAKE_CBIT     BIT(51)
#define FAKE_GPA_END  GIB(8)
#define FAKE_CPUS_MAX 8
#define FAKE_MAP_MAX  40
#define FAKE_FEATURES                                                                              \
	(SEV_FEATURE_SNP_ACTIVE | SEV_FEATURE_RESTRICTED_INJECTION | SEV_FEATURE_DEBUG_SWAP)
#define FAKE_GUEST_FEATURES (SEV_FEATURE_SNP_ACTIVE | SEV_FEATURE_DEBUG_SWAP)

// Where fake_boot() puts the firmware's things. Guest memory is 0 to FAKE_RAM_END, if the
// configuration has no other map, without the VGA window and the kernel's region.
#define FAKE_RAM_END	 MIB(512)
#define FAKE_IMAGE_GPA	 (GIB(4) - KIB(64))
#define FAKE_PARAMS_GPA	 MIB(8) // prevalidated: four pages, and 60 more that nobody uses
#define FAKE_SECRETS_GPA FAKE_PARAMS_GPA
#define FAKE_CPUID_GPA	 (FAKE_PARAMS_GPA + KIB(4))
#define FAKE_CAA_GPA	 (FAKE_PARAMS_GPA + KIB(8))
#define FAKE_MAP_GPA	 (FAKE_PARAMS_GPA + KIB(12))
#define FAKE_FREE_GPA	 (FAKE_PARAMS_GPA + KIB(16)) // valid and unused, up to
#define FAKE_FREE_END	 (FAKE_PARAMS_GPA + KIB(256))

struct fake_config {
	uint64_t region_size; // of the kernel, a multiple of 2 MiB up to 16 MiB; 0: 2 MiB
	uint32_t cpus;	      // 0: one; APIC id of CPU n: 2 * n
	bool invlpgb;	      // else CPUs are called back by IPI
	bool no_firmware;
	uint32_t service;     // protocol of the one service in the image; 0: none
	uint64_t sev_status;  // 0: what the kernel wants
	uint64_t hv_features; // 0: all
	uint64_t sev_info;    // answer of the host, 0: protocol 1 to 2
	size_t map_count;     // of the host's memory map; 0: one entry, 0 .. FAKE_RAM_END
	struct igvm_memory_map_entry map[FAKE_MAP_MAX];
	// Changes what boot_info, parameters and host are like, just before the kernel starts.
	void (*prepare)(struct boot_info *info);
};

#define FAKE_RETURNED (-1)
#define FAKE_AT_REST  (-2) // of fake_try(): the guest would run now, or the CPU would sleep

// Starts the kernel afresh; NULL: the defaults above. FAKE_RETURNED: it is about to run the guest
// for the first time. Otherwise why it stopped (enum terminate_reason).
int fake_boot(const struct fake_config *config);

// Back to the state after the last fake_boot(), quickly. Armed failures are forgotten too.
void fake_reset(void);

// Runs a function of the kernel that may stop. FAKE_RETURNED, or the reason.
int fake_try(void (*run)(void *), void *argument);

// What the console has shown since the last boot or reset, and whether it says this.
const char *fake_console(void);
bool fake_console_has(const char *text);

// --- requests

// The CPU that everything below and every direct call of the kernel's functions runs on.
void fake_cpu_select(uint32_t index);
uint32_t fake_cpu_current(void);

// The address of the next #PF of a program in ring 3.
void fake_set_cr2(uint64_t va);

struct fake_regs {
	uint64_t rax, rcx, rdx, r8, r9;
};
#define FAKE_CALL(protocol, call) ((uint64_t)(protocol) << 32 | (call))

// Writes registers and call_pending of this CPU's vCPU, as a guest before VMGEXIT does, lets the
// kernel do one round of its event loop, and reads the registers back. False: no answer came, for
// this CPU has no vCPU or the kernel did not take the request.
MUST_USE bool fake_call(struct fake_regs *regs);

// RAX of an answered call of the core protocol; the test ends if there is no answer.
uint32_t fake_core(uint32_t call, uint64_t rcx, uint64_t rdx, uint64_t r8);

// In place of the service in ring 3, which is alive until it is said to be dead. Results are those
// of service_call().
struct request;
void fake_service(uint32_t (*serve)(struct request *request, uint8_t *buffer, uint32_t *size));
void fake_service_kill(void);

// The VMSA and calling area of this CPU's vCPU; 0: it has none.
uint64_t fake_vcpu_vmsa(void);
uint64_t fake_vcpu_caa(void);

// A VMSA as a guest fills it for CREATE_VCPU, at this page.
void fake_vmsa_fill(uint64_t gpa);

// What is wrong between two requests: NULL, or a sentence. Compares page states with the RMP, looks
// at rights on every page, VMSAs, locks, slots for guest memory and pages of the kernel's heap.
const char *fake_check(void);

// --- guest memory

// Contents of the page that holds gpa, from gpa on. Never translated or checked.
uint8_t *fake_ptr(uint64_t gpa);
// The same to write to, so that fake_reset() sets it back.
uint8_t *fake_ptr_write(uint64_t gpa, uint64_t size);
static inline void fake_write(uint64_t gpa, const void *data, size_t size)
{
	memcpy(fake_ptr_write(gpa, size), data, size);
}

// Pages are private and not validated at first, and the host backs them in 2 MiB pieces.
bool fake_is_valid(uint64_t gpa);
bool fake_is_shared(uint64_t gpa);
bool fake_is_vmsa(uint64_t gpa);
uint8_t fake_rights(uint64_t gpa, unsigned int vmpl); // RMP_PERM_*

// The guest's own RMPADJUST.
void fake_set_rights(uint64_t gpa, unsigned int vmpl, uint8_t rights);

// --- host and processor that misbehave

enum fake_attack {
	FAKE_TAKE,     // reclaims the page: private still, not valid, contents gone
	FAKE_EXCHANGE, // puts another one there, not valid; once more puts the first one back
	FAKE_SMASH,    // splits the 2 MiB piece
	FAKE_SHARE,    // makes it shared, as the guest could have asked
	FAKE_RENEW,    // exchanges all of the 2 MiB around it, for one large piece
};
void fake_attack(uint64_t gpa, enum fake_attack attack);

// Armed for once; n counts from 0. An access: PVALIDATE, RMPADJUST, copy or zeroing of up to a page
// of guest memory; the attack comes just before it, on the same page or 2 MiB.
void fake_fail_alloc(uint64_t n);	       // of page_alloc_order()
void fake_fail_rmp(uint64_t n, uint32_t code); // of PVALIDATE and RMPADJUST on guest memory
void fake_attack_access(uint64_t n, enum fake_attack attack);
void fake_attack_twice(uint64_t n, uint64_t later, enum fake_attack attack); // with so many between
void fake_fail_exit(uint64_t n); // the host refuses the nth VMGEXIT
// Whether what was armed last has happened.
bool fake_failed(void);

// Called before each access to guest memory: what other CPUs do meanwhile. NULL: nobody.
void fake_on_access(void (*meanwhile)(uint64_t gpa));
// The same whenever the kernel waits (PAUSE).
void fake_on_pause(void (*meanwhile)(void));
// RDRAND has no number this many times.
void fake_fail_rdrand(unsigned int times);

// A vCPU runs on this VMSA: RMPADJUST answers FAIL_INUSE for this many times.
void fake_vmsa_run(uint64_t gpa, uint64_t times);

// The guest gives rights on a page of its own to VMPL 3, as far as it has them.
void fake_guest_gives(uint64_t gpa, uint8_t rights);

// This page is valid before the kernel validates it, and no page-state change makes it otherwise:
// it is another address's page. For fake_config.prepare.
void fake_keep_valid(uint64_t gpa);

// Another host in place of the fake's. An exit: true, if it answered in the GHCB itself. The MSR
// protocol: gets the request and the usual answer. NULL: the fake's.
struct ghcb;
void fake_host_exit(bool (*host)(struct ghcb *ghcb));
void fake_host_msr(uint64_t (*host)(uint64_t request, uint64_t usual));
// What a GHCB says after an exit that was answered with this result.
void fake_ghcb_answer(struct ghcb *ghcb, uint32_t result);

// platform_run_guest() comes back with this result in the GHCB instead of leaving the kernel.
#define FAKE_EVENT_FIRST (1ull << 32) // without an exit
#define FAKE_NO_ANSWER	 (2ull << 32) // with nothing that is marked valid
void fake_guest_answer(uint64_t answer);

// The host does not deliver IPIs.
void fake_drop_ipis(bool drop);

#endif
