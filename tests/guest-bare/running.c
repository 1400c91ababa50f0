// SPDX-License-Identifier: MIT
// A vCPU that runs: what others may do with its VMSA and calling area, and what becomes of pages
// that the host takes away. Source: document 58019, sections 6.1 to 6.4.
#include "lib/string.h"
#include "tests/guest-bare/guest.h"

#define AP	  1
#define ADDRESS	  SVSM_ERR_INVALID_ADDRESS
#define PARAMETER SVSM_ERR_INVALID_PARAMETER
#define INUSE	  SVSM_FAIL(RMP_FAIL_INUSE)
#define WAIT_MS	  3000
#define SCAN_MS	  60000

static _Atomic uint64_t found;
static _Atomic bool job_end;

static void job_query(void)
{
	found = svsm_core(SVSM_CORE_QUERY_PROTOCOL, 1, 0, 0);
}

static void job_delete_itself(void)
{
	found = vcpu_delete(AP_VMSA_GPA(AP));
}

// The first vCPU's VMSA is a page of the SVSM's, the guest is not told which: none may be deleted.
static void job_delete_svsm(void)
{
	const uint64_t end = secrets->svsm_base + secrets->svsm_size;
	uint64_t other = 0;

	for (uint64_t gpa = secrets->svsm_base; gpa < end; gpa += PAGE_SIZE)
		other += vcpu_delete(gpa) != PARAMETER;
	found = other;
}

static void job_spin(void)
{
	while (!job_end)
		cpu_pause();
}

static uint64_t remap(uint64_t gpa)
{
	return svsm_core(SVSM_CORE_REMAP_CA, gpa, 0, 0);
}

static void test_pages_of_others(void)
{
	const uint64_t vmsa = AP_VMSA_GPA(AP), caa = AP_CAA_GPA(AP);
	const struct bad_page pages[] = {{"its VMSA", vmsa}, {"its calling area", caa}};

	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++) {
		const char *name = pages[i].name;
		uint64_t gpa = pages[i].gpa;

		expect(remap(gpa), ADDRESS, "REMAP_CA to %s", name);
		expect(pvalidate_one(gpa), ADDRESS, "invalidate %s", name);
		expect(pvalidate_one(gpa | VALID | IGNORE_CF), ADDRESS, "validate %s", name);
		vmsa_prepare(VMSA_TRY_GPA, 0);
		expect(vcpu_create(VMSA_TRY_GPA, gpa, 0), ADDRESS, "%s as another's calling area",
			name);
		expect(vcpu_create(gpa, CAA_TRY_GPA, 0), ADDRESS, "%s as another's VMSA", name);
	}
	expect(svsm_core(SVSM_CORE_PVALIDATE, vmsa, 0, 0), ADDRESS, "PVALIDATE list in its VMSA");
}

static void test_delete_running(void)
{
	job_end = false;
	cpu_begin(AP, job_spin);
	expect(vcpu_delete(AP_VMSA_GPA(AP)), INUSE, "delete while it runs");
	job_end = true;
	expect_true(cpu_wait(AP, WAIT_MS), "it goes on");
	found = ~0ull;
	expect_true(cpu_run(AP, job_query), "it calls the SVSM");
	expect(found, SVSM_SUCCESS, "and is served");
	expect_true(cpu_run(AP, job_delete_itself), "it deletes itself");
	expect(found, INUSE, "and may not");
	found = ~0ull;
	cpu_begin(AP, job_delete_svsm);
	expect_true(cpu_wait(AP, SCAN_MS), "it deletes every page of the SVSM's");
	expect(found, 0, "answers other than INVALID_PARAMETER");
}

static void test_create_again(void)
{
	vmsa_prepare(VMSA_TRY_GPA, AP);
	expect(vcpu_create(VMSA_TRY_GPA, CAA_TRY_GPA, bare_cpus[AP].apic_id), SVSM_SUCCESS,
		"a second VMSA for its CPU");
	expect(rmpquery(VMSA_TRY_GPA, SVSM_GUEST_VMPL).rdx,
		RMPADJUST_RDX(SVSM_GUEST_VMPL, RMP_PERM_R) | RMPADJUST_VMSA,
		"the guest may read it and no more");
	expect(try_read(private_ptr(VMSA_TRY_GPA + offsetof(struct vmsa, rip))) != 0, true,
		"and reads it");
	expect(vcpu_create(VMSA_TRY_GPA, CAA_TRY_GPA, bare_cpus[AP].apic_id), ADDRESS,
		"the same VMSA again");
	expect(vcpu_delete(VMSA_TRY_GPA), SVSM_SUCCESS, "the second one is deleted");
	expect(vcpu_delete(VMSA_TRY_GPA), PARAMETER, "and cannot be deleted twice");
	try_write(private_ptr(VMSA_TRY_GPA), 0);
	expect(trap_taken().vector, TRAP_NONE, "its page is the guest's again");
}

void test_running(void)
{
	if (cpu_count < 2) {
		report_skip("one CPU");
		return;
	}
	if (!expect(cpu_start(AP), true, "create and start"))
		return;
	test_pages_of_others();
	test_delete_running();
	test_create_again();
	expect_true(cpu_stop(AP), "destroy and delete");
	try_write(private_ptr(AP_VMSA_GPA(AP)), 0);
	expect(trap_taken().vector, TRAP_NONE, "its VMSA is a plain page again");
	for (unsigned i = 0; i < 5; i++) {
		expect_true(cpu_start(AP), "start again, %u", i);
		expect_true(cpu_stop(AP), "stop again, %u", i);
	}
}

#define CAA_LOST 0x814000ull

// The calling area is not there any more: no call can be made, and nothing else may happen.
static void job_lose_caa(void)
{
	struct svsm_call c = {SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL), 1, 0, 0, 0};

	if (remap(CAA_LOST))
		return;
	svsm_caa_set(CAA_LOST);
	svsm_caa()->call_pending = 1;
	ghcb_page_state(CAA_LOST, PSC_OP_SHARED);
	found = svsm_exit(&c);
}

static void test_lost_caa(void)
{
	found = ~0ull;
	if (cpu_count < 2 || !cpu_start(AP)) {
		report_skip("calling area: no second CPU");
		return;
	}
	expect_true(cpu_run(AP, job_lose_caa), "a vCPU gives its calling area to the host");
	expect(found, SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL),
		"its next call does not run");
	expect(svsm_core(SVSM_CORE_QUERY_PROTOCOL, 1, 0, 0), SVSM_SUCCESS,
		"other vCPUs are served");
	expect_true(cpu_stop(AP), "it can be deleted");
}

void test_lost_pages(void)
{
	const uint64_t list = FRESH(6), target = FRESH(6) + 0x1000, vmsa = FRESH(6) + 0x2000;

	for (unsigned i = 0; i < 3; i++)
		need_valid(list + i * PAGE_SIZE);
	ghcb_page_state(list, PSC_OP_SHARED);
	expect(svsm_core(SVSM_CORE_PVALIDATE, list, 0, 0), ADDRESS,
		"list in a page that the host has taken");
	ghcb_page_state(target, PSC_OP_SHARED);
	expect_true(pvalidate_one(target) != SVSM_ERR_INCOMPLETE,
		"invalidate a page that the host has taken: an answer");
	vmsa_prepare(vmsa, 0);
	ghcb_page_state(vmsa, PSC_OP_SHARED);
	expect(vcpu_create(vmsa, CAA_TRY_GPA, 0), ADDRESS,
		"VMSA in a page that the host has taken");
	test_lost_caa();
}
