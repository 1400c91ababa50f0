// SPDX-License-Identifier: MIT
// The machine's conformance test: runs at VMPL0 in the SVSM's place. One function a group; what the
// rules are is said in docs/machine.md and hw/*.h.
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include "abi/boot.h"
#include "tests/bare/ghcb.h"
#include "tests/bare/report.h"
#include "tests/bare/start.h"

// Regions of 2 MiB that no file names: each group has its own.
#define REGION(n)   (0x02000000ull + (n)*LARGE_PAGE_SIZE)
#define UNMAPPED_VA 0x4000000000ull // no translation in the test's page tables

void test_pvalidate(void);
void test_rmpadjust(void);
void test_rmpquery(void);
void test_access(void);
void test_contents(void);
void test_vc(void);
void test_vc32(void);
void test_user(void);
void test_vc32_pae(void);
void test_status(void);
void test_cpuid(void);
void test_msr_protocol(void);
void test_ghcb_format(void);
void test_ghcb_exits(void);
void test_psc(void);
void test_planes(void);
void test_debug(void);
void test_permissions(void);
void test_state(void);
void test_ap_creation(void);
void test_vmsa(void);
void test_doorbell(void);
void test_requests(void);
void test_attest(void);
void test_smp(void);
void test_reset(void);

extern const struct boot_info *boot_info;
extern uint32_t cpu_count;

// A result of one of the RMP instructions as one number: code, carry in bit 8; or the exception.
#define CARRY		      0x100
#define RAISED(vector, error) (0xe0000000u | (vector) << 16 | (error))
uint64_t rmp_value(struct rmp_result r);

struct rmp_row {
	const char *name;
	uint64_t va, size, rdx;
	uint64_t want;
};
void pvalidate_rows(const struct rmp_row *rows, size_t count);
void rmpadjust_rows(const struct rmp_row *rows, size_t count);

// Page-state changes that the test rests on: a failure ends it.
void need_private(uint64_t gpa);
void need_shared(uint64_t gpa);
void need_valid(uint64_t gpa);				 // 4 KiB page: private and validated
void need_valid_large(uint64_t gpa);			 // 2 MiB page
uint64_t psc_one(uint64_t gpa, unsigned op, bool large); // GHCB PSC of one entry: SW_EXITINFO2

// A GHCB answer as one number: SW_EXITINFO1 in the upper half
static inline uint64_t answer_value(struct ghcb_answer a)
{
	return a.info_1 << 32 | a.info_2;
}

// plane.c: VMPL1 to 3 of this CPU, in the same address space. Runs `job` there and comes back.
void plane_create(unsigned vmpl);
void plane_create_with(unsigned vmpl, uint64_t vmsa_gpa, uint64_t features);
bool plane_run(unsigned vmpl, void (*job)(void));
// A VMSA page of the caller's making, registered for a plane.
struct vmsa *vmsa_new(uint64_t gpa, unsigned vmpl);
void vmsa_seal(uint64_t gpa);

// A run that ends with the architecture stopping the VM
_Noreturn void stop_case(const char *name);

#endif
