// SPDX-License-Identifier: MIT
// The test guest: runs at VMPL2 in the firmware's place and calls the SVSM, rightly and wrongly.
#ifndef GUEST_H
#define GUEST_H

#include "abi/svsm.h"
#include "hw/snp.h"
#include "tests/bare/ghcb.h"
#include "tests/bare/report.h"
#include "tests/bare/start.h"
#include "tests/guest-bare/layout.h"

// Pages validated at start, by use
#define LIST_GPA       0x810000ull // PVALIDATE lists outside a calling area
#define SPARE_CAA_GPA  0x811000ull // another calling area for CPU 0
#define VMSA_TRY_GPA   0x812000ull // VMSAs that are refused, or created and deleted
#define CAA_TRY_GPA    0x813000ull
#define AP_VMSA_GPA(n) (0x820000ull + (n)*0x2000ull)
#define AP_CAA_GPA(n)  (0x821000ull + (n)*0x2000ull)

// Memory that nobody validated before the tests: 2 MiB regions for the groups
#define FRESH(n) (0x02000000ull + (n)*LARGE_PAGE_SIZE)

struct svsm_call {
	uint64_t rax, rcx, rdx, r8, r9;
};
#define SVSM_CALL(protocol, call) ((uint64_t)(protocol) << 32 | (call))

// call.c. Runs the request on this CPU's calling area; RAX. Registers come back in *call.
uint64_t svsm_call(struct svsm_call *call);
uint64_t svsm_call_msr(struct svsm_call *call); // the same by the MSR protocol
uint64_t svsm_exit(struct svsm_call *call);	// without touching call_pending
uint64_t svsm_core(uint32_t number, uint64_t rcx, uint64_t rdx, uint64_t r8);
struct svsm_caa *svsm_caa(void);
void svsm_caa_set(uint64_t gpa); // this CPU's calling area is here from now on
uint64_t svsm_caa_gpa(void);
#define SVSM_FAIL(code) (SVSM_ERR_PROTOCOL_BASE + (code))

// list.c: PVALIDATE lists
#define VALID	   SVSM_PVALIDATE_VALIDATE
#define IGNORE_CF  SVSM_PVALIDATE_IGNORE_CF
#define LARGE_SIZE RMP_PAGE_2M
uint64_t pvalidate_one(uint64_t entry); // a list of one entry in the calling area
uint64_t pvalidate_list(uint64_t gpa, uint16_t count, uint16_t next); // header at gpa; call
uint64_t *list_entries(uint64_t gpa);
uint16_t list_next(uint64_t gpa);
void need_private(uint64_t gpa, bool large); // page-state change
void need_valid(uint64_t gpa);		     // private, and validated by the SVSM

// vcpus.c
extern uint32_t cpu_count;
void cpus_find(void);
struct vmsa *vmsa_prepare(uint64_t gpa, uint32_t index); // as CREATE_VCPU wants it
uint64_t vcpu_create(uint64_t vmsa, uint64_t caa, uint64_t apic_id);
uint64_t vcpu_delete(uint64_t vmsa);
bool vcpu_delete_soon(uint64_t vmsa);		   // again while it is in use, for some seconds
bool cpu_start(uint32_t index);			   // creates it, starts it
bool cpu_stop(uint32_t index);			   // destroys and deletes it
bool cpu_run(uint32_t index, void (*job)(void));   // runs a job there and waits for it
void cpu_begin(uint32_t index, void (*job)(void)); // the same without waiting
bool cpu_wait(uint32_t index, unsigned ms);

// Addresses that no call may accept for a page of the guest's own
struct bad_page {
	const char *name;
	uint64_t gpa;
};
size_t bad_pages(struct bad_page *list, size_t max);
bool memory_range(unsigned index, uint64_t *start, uint64_t *end); // of the map, until false
uint64_t memory_end(void); // first GPA behind RAM below 4 GiB
extern const struct snp_secrets_page *const secrets;

// A decimal number from fw_cfg, or what stands for it when it is not there.
uint64_t parameter(const char *name, uint64_t value);

extern uint64_t start_tsc; // at the firmware's first instruction, but for the lowest 8 bits

uint8_t clock_seconds(void);			     // of the real-time clock
void work_for(uint64_t seconds, void (*work)(void)); // again and again

// Groups, and whole runs
void test_environment(void);
void test_protocols(void);
void test_call_pending(void);
void test_pvalidate(void);
void test_pvalidate_lists(void);
void test_pvalidate_race(void);
void test_remap(void);
void test_create(void);
void test_running(void);
void test_limits(void);
void test_lost_pages(void);
void test_flash(void);
void test_reboot_query(void);
void run_stress(void);
void run_switches(void);
void run_bench(void);
bool bench_vtpm(void (*line)(const char *what, uint64_t value, const char *unit));
bool bench_services(void (*line)(const char *what, uint64_t value, const char *unit));
void run_vtpm(void);
void run_vtpm_steps(void);
void run_vtpm_latency(void);
void run_dead_vtpm(void);
void run_reboot(void);
void run_reboot_many(void);
void run_reboot_pattern(void);
void run_reboot_dma(void);
void run_reboot_stop(void);
void run_reboot_tpm(void);
void run_reboot_dead_vtpm(void);
void run_reboot_failures(void);
void run_reboot_bench(void);
void run_services(void);
void run_reborn(void);
void run_hang(void);
void run_busy(void);
_Noreturn void stop_case(const char *name);

#endif
