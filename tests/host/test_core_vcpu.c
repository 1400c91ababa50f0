// SPDX-License-Identifier: MIT
// CREATE_VCPU, DELETE_VCPU and REMAP_CA: each way to be wrong, several CPUs, the table of vCPUs.
#include "hw/x86.h"
#include "kernel/cpus.h"
#include "kernel/error.h"
#include "kernel/guest_memory.h"
#include "kernel/vcpu.h"
#include "tests/host/host.h"

#define VMSA FAKE_FREE_GPA
#define CAA  (FAKE_FREE_GPA + PAGE_SIZE)
#define MORE (FAKE_FREE_GPA + 2 * PAGE_SIZE)
#define FREE MIB(64) // not valid
#define CPU1 2	     // APIC ids
#define CPU2 4

static struct fake_config config = {.cpus = 3};

static uint32_t create(uint64_t vmsa, uint64_t caa, uint64_t apic_id)
{
	return fake_core(SVSM_CORE_CREATE_VCPU, vmsa, caa, apic_id);
}

static uint32_t delete (uint64_t vmsa)
{
	return fake_core(SVSM_CORE_DELETE_VCPU, vmsa, 0, 0);
}

static uint32_t remap(uint64_t caa)
{
	return fake_core(SVSM_CORE_REMAP_CA, caa, 0, 0);
}

static struct vmsa *vmsa_at(uint64_t gpa)
{
	return (struct vmsa *)fake_ptr_write(gpa, PAGE_SIZE);
}

static uint32_t invalidate(uint64_t gpa)
{
	const uint64_t list[2] = {1, gpa};

	fake_write(MORE + 8 * PAGE_SIZE, list, sizeof(list));
	return fake_core(SVSM_CORE_PVALIDATE, MORE + 8 * PAGE_SIZE, 0, 0);
}

static void creates_and_deletes(void **context)
{
	(void)context;
	fake_reset();
	fake_vmsa_fill(VMSA);
	fake_set_rights(VMSA, 3, RMP_PERM_RWX);
	assert_int_equal(create(VMSA, CAA, CPU1), SVSM_SUCCESS);
	assert_true(fake_is_vmsa(VMSA));
	assert_int_equal(fake_rights(VMSA, 2), RMP_PERM_R);
	assert_int_equal(fake_rights(VMSA, 3), 0);
	assert_sound();
	// Its page and its calling area stay what they are.
	assert_int_equal(invalidate(VMSA), ERR_INVALID_ADDRESS);
	assert_int_equal(invalidate(CAA), ERR_INVALID_ADDRESS);
	fake_cpu_select(1);
	assert_int_equal(fake_vcpu_vmsa(), VMSA);
	assert_int_equal(fake_vcpu_caa(), CAA);
	assert_int_equal(fake_core(SVSM_CORE_CONFIGURE_VTOM, 1, 0, 0), SVSM_SUCCESS);
	assert_sound();
	fake_cpu_select(0);
	assert_int_equal(delete (VMSA), SVSM_SUCCESS);
	assert_false(fake_is_vmsa(VMSA));
	assert_int_equal(fake_rights(VMSA, 2), RMP_PERM_RWX);
	assert_sound();
	assert_int_equal(delete (VMSA), ERR_INVALID_PARAMETER);
	assert_int_equal(invalidate(VMSA), SVSM_SUCCESS);
	assert_int_equal(invalidate(CAA), SVSM_SUCCESS);
	assert_sound();
}

static void refuses_wrong_addresses(void **context)
{
	static const struct {
		uint64_t vmsa, caa, apic_id;
		uint32_t answer;
	} rows[] = {
		{VMSA + 1, CAA, CPU1, ERR_INVALID_ADDRESS},
		{VMSA, CAA + 8, CPU1, ERR_INVALID_ADDRESS},
		{VMSA, VMSA, CPU1, ERR_INVALID_ADDRESS},
		{FREE, CAA, CPU1, ERR_INVALID_ADDRESS},
		{VMSA, FREE, CPU1, ERR_INVALID_ADDRESS},
		{KERNEL_GPA, CAA, CPU1, ERR_INVALID_ADDRESS},
		{VMSA, KERNEL_GPA, CPU1, ERR_INVALID_ADDRESS},
		{0xa0000, CAA, CPU1, ERR_INVALID_ADDRESS},
		{FAKE_RAM_END, CAA, CPU1, ERR_INVALID_ADDRESS},
		{VMSA | FAKE_CBIT, CAA, CPU1, ERR_INVALID_ADDRESS},
		{FAKE_CAA_GPA, CAA, CPU1, ERR_INVALID_ADDRESS}, // the first vCPU's calling area
		{VMSA, FAKE_CAA_GPA, CPU1, ERR_INVALID_ADDRESS},
		{VMSA, CAA, 1, ERR_INVALID_PARAMETER}, // no such CPU
		{VMSA, CAA, 6, ERR_INVALID_PARAMETER},
		{VMSA, CAA, CPU1 | BIT(32), ERR_INVALID_PARAMETER},
		{VMSA, CAA, UINT64_MAX, ERR_INVALID_PARAMETER},
		{VMSA, CAA, CPU1, SVSM_SUCCESS},
	};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_reset();
		fake_vmsa_fill(VMSA);
		assert_int_equal(
			create(rows[i].vmsa, rows[i].caa, rows[i].apic_id), rows[i].answer);
		assert_sound();
	}
}

static void refuses_wrong_vmsas(void **context)
{
	(void)context;
	for (int row = 0; row < 6; row++) {
		fake_reset();
		fake_vmsa_fill(VMSA);
		struct vmsa *vmsa = vmsa_at(VMSA);

		vmsa->vmpl = row < 4 && row != SVSM_GUEST_VMPL ? (uint8_t)row : SVSM_GUEST_VMPL;
		vmsa->efer = row == 4 ? EFER_LME : EFER_SVME;
		vmsa->sev_features = row == 5 ? FAKE_FEATURES : FAKE_GUEST_FEATURES;
		assert_int_equal(create(VMSA, CAA, CPU1),
			row == SVSM_GUEST_VMPL ? SVSM_SUCCESS : ERR_INVALID_PARAMETER);
		assert_int_equal(fake_is_vmsa(VMSA), row == SVSM_GUEST_VMPL);
		assert_int_equal(
			fake_rights(VMSA, 2), row == SVSM_GUEST_VMPL ? RMP_PERM_R : RMP_PERM_RWX);
		assert_sound();
	}
}

static unsigned int accesses;

// A CPU of the guest writes to the VMSA as long as it has the right to.
static void change_vmsa(uint64_t gpa)
{
	accesses++;
	if (gpa == VMSA && (fake_rights(VMSA, 2) & RMP_PERM_W) != 0 && accesses > 2)
		vmsa_at(VMSA)->vmpl = 0;
}

// A VMSA that was right when it was first looked at is looked at again without the guest's rights.
static void vmsas_are_checked_for_good(void **context)
{
	(void)context;
	fake_reset();
	fake_vmsa_fill(VMSA);
	accesses = 0;
	fake_on_access(change_vmsa);
	assert_int_equal(create(VMSA, CAA, CPU1), ERR_INVALID_PARAMETER);
	assert_false(fake_is_vmsa(VMSA));
	assert_sound();
}

static void vmsas_are_nothing_else(void **context)
{
	(void)context;
	fake_reset();
	fake_vmsa_fill(VMSA);
	fake_vmsa_fill(MORE);
	assert_int_equal(create(VMSA, CAA, CPU1), SVSM_SUCCESS);
	assert_int_equal(create(VMSA, MORE, CPU1), ERR_INVALID_ADDRESS); // a VMSA already
	assert_int_equal(create(MORE, VMSA, CPU1), ERR_INVALID_ADDRESS); // as calling area
	assert_int_equal(create(CAA, MORE, CPU1), ERR_INVALID_ADDRESS);	 // a calling area
	assert_int_equal(create(MORE, CAA, CPU2), ERR_INVALID_ADDRESS);	 // of another CPU
	assert_int_equal(remap(VMSA), ERR_INVALID_ADDRESS);
	assert_int_equal(remap(CAA), ERR_INVALID_ADDRESS); // of another CPU
	assert_int_equal(fake_core(SVSM_CORE_PVALIDATE, VMSA, 0, 0), ERR_INVALID_ADDRESS);
	assert_sound();
	// The same CPU's next vCPU may have the same calling area.
	assert_int_equal(create(MORE, CAA, CPU1), SVSM_SUCCESS);
	fake_cpu_select(1);
	assert_int_equal(fake_vcpu_vmsa(), MORE);
	assert_sound();
	fake_cpu_select(0);
	assert_int_equal(delete (VMSA), SVSM_SUCCESS);
	fake_cpu_select(1);
	assert_int_equal(fake_vcpu_vmsa(), MORE);
}

static void a_failed_creation_keeps_the_vcpu_before(void **context)
{
	(void)context;
	fake_reset();
	fake_vmsa_fill(VMSA);
	assert_int_equal(create(VMSA, CAA, CPU1), SVSM_SUCCESS);
	assert_int_equal(create(MORE, MORE + PAGE_SIZE, CPU1), ERR_INVALID_PARAMETER);
	fake_cpu_select(1);
	assert_int_equal(fake_vcpu_vmsa(), VMSA);
	assert_sound();
}

// The call that replaces the caller is answered to the caller; then the new one is served.
static void a_cpu_may_get_another_vcpu_itself(void **context)
{
	(void)context;
	fake_reset();
	uint64_t first = fake_vcpu_vmsa();
	struct fake_regs regs = {FAKE_CALL(0, SVSM_CORE_CREATE_VCPU), VMSA, CAA, 0, 0};

	fake_vmsa_fill(VMSA);
	assert_true(fake_call(&regs));
	assert_int_equal(regs.rax, SVSM_SUCCESS);
	assert_int_equal(fake_vcpu_vmsa(), VMSA);
	assert_int_equal(fake_core(SVSM_CORE_CONFIGURE_VTOM, 1, 0, 0), SVSM_SUCCESS);
	assert_int_equal(delete (first), ERR_INVALID_PARAMETER);
	assert_int_equal(delete (VMSA), ERR_RMP_INUSE);
	assert_sound();
}

static void deletes_what_may_be_deleted(void **context)
{
	(void)context;
	fake_reset();
	uint64_t first = fake_vcpu_vmsa();

	assert_int_equal(delete (VMSA + 1), ERR_INVALID_PARAMETER);
	assert_int_equal(delete (VMSA), ERR_INVALID_PARAMETER);
	assert_int_equal(delete (KERNEL_GPA), ERR_INVALID_PARAMETER);
	assert_int_equal(delete (UINT64_MAX), ERR_INVALID_PARAMETER);
	assert_int_equal(delete (first), ERR_RMP_INUSE); // the caller's own
	fake_vmsa_fill(VMSA);
	assert_int_equal(create(VMSA, CAA, CPU1), SVSM_SUCCESS);
	fake_cpu_select(1);
	assert_int_equal(delete (first), ERR_INVALID_PARAMETER); // its page is the kernel's
	assert_int_equal(delete (VMSA), ERR_RMP_INUSE);
	assert_sound();
}

static void waits_for_a_vcpu_that_runs(void **context)
{
	(void)context;
	for (unsigned int row = 0; row < 2; row++) {
		fake_reset();
		fake_vmsa_fill(VMSA);
		assert_int_equal(create(VMSA, CAA, CPU1), SVSM_SUCCESS);
		fake_vmsa_run(VMSA, row == 0 ? 3 : UINT64_MAX);
		assert_int_equal(delete (VMSA), row == 0 ? SVSM_SUCCESS : ERR_RMP_INUSE);
		assert_int_equal(fake_is_vmsa(VMSA), row == 1);
		assert_sound();
	}
	fake_reset();
	fake_vmsa_fill(VMSA);
	assert_int_equal(create(VMSA, CAA, CPU1), SVSM_SUCCESS);
	fake_cpu_select(1);
	assert_non_null(vcpu_begin()); // being served
	fake_cpu_select(0);
	assert_int_equal(delete (VMSA), ERR_RMP_INUSE);
	assert_true(fake_is_vmsa(VMSA));
}

static void remaps(void **context)
{
	static const uint64_t wrongs[] = {
		FREE, KERNEL_GPA, 0xa0000, FAKE_RAM_END, CAA | FAKE_CBIT, ~0xfffull};

	(void)context;
	fake_reset();
	memset(fake_ptr_write(CAA, PAGE_SIZE), 0xdd, PAGE_SIZE);
	assert_int_equal(remap(CAA + 8), ERR_INVALID_PARAMETER);
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++)
		assert_int_equal(remap(wrongs[i]), ERR_INVALID_ADDRESS);
	assert_int_equal(fake_vcpu_caa(), FAKE_CAA_GPA);
	assert_int_equal(remap(CAA), SVSM_SUCCESS);
	assert_int_equal(fake_vcpu_caa(), CAA);
	// No call is pending there, and the rest is not the kernel's to write.
	assert_true(bytes_is_zero(bytes_make(fake_ptr(CAA), 8)));
	assert_int_equal(fake_ptr(CAA)[8], 0xdd);
	assert_int_equal(fake_core(SVSM_CORE_CONFIGURE_VTOM, 1, 0, 0), SVSM_SUCCESS);
	assert_int_equal(invalidate(FAKE_CAA_GPA), SVSM_SUCCESS); // no longer one
	assert_int_equal(remap(CAA), SVSM_SUCCESS);
	assert_sound();
}

// As many as there is room for, then one less and one more again.
static void the_table_is_limited(void **context)
{
	(void)context;
	fake_reset();
	uint64_t base = FREE;
	uint64_t list[2] = {1, 0};

	for (uint64_t i = 0; i < VCPUS_MAX; i++) {
		uint64_t page = base + i * PAGE_SIZE;

		list[1] = page | SVSM_PVALIDATE_VALIDATE;
		fake_write(MORE, list, sizeof(list));
		assert_int_equal(fake_core(SVSM_CORE_PVALIDATE, MORE, 0, 0), SVSM_SUCCESS);
		fake_vmsa_fill(page);
		assert_int_equal(create(page, CAA, CPU1),
			i < VCPUS_MAX - 1 ? SVSM_SUCCESS : SVSM_ERR_INVALID_REQUEST);
	}
	assert_sound();
	assert_false(fake_is_vmsa(base + (VCPUS_MAX - 1) * PAGE_SIZE));
	assert_int_equal(delete (base + 7 * PAGE_SIZE), SVSM_SUCCESS);
	assert_int_equal(create(base + (VCPUS_MAX - 1) * PAGE_SIZE, CAA, CPU1), SVSM_SUCCESS);
	for (uint64_t i = 0; i < VCPUS_MAX; i++)
		assert_int_equal(delete (base + i * PAGE_SIZE),
			i == 7 ? ERR_INVALID_PARAMETER : SVSM_SUCCESS);
	fake_cpu_select(1);
	assert_int_equal(fake_vcpu_vmsa(), 0);
	assert_sound();
}

static void create_alone(void *unused)
{
	(void)unused;
	(void)create(VMSA, CAA, CPU1);
}

// A CPU that has a vCPU is called back before its rights are taken for gone; one that the host does
// not let come back ends the VM.
static void other_cpus_are_called_back(void **context)
{
	(void)context;
	fake_reset();
	fake_vmsa_fill(VMSA);
	fake_vmsa_fill(MORE);
	assert_int_equal(create(MORE, MORE + PAGE_SIZE, CPU2), SVSM_SUCCESS);
	unsigned long long before = cpus_get(2)->tlb_generation;

	assert_int_equal(create(VMSA, CAA, CPU1), SVSM_SUCCESS);
	assert_int_equal(cpus_get(2)->tlb_generation, before + 1);
	assert_int_equal(cpus_get(0)->tlb_generation, before + 1);
	assert_sound();
	assert_int_equal(delete (VMSA), SVSM_SUCCESS);
	fake_drop_ipis(true);
	assert_int_equal(fake_try(create_alone, NULL), TERMINATE_CALL_BACK);
	assert_true(fake_console_has("does not come back"));
	// The host refuses to send it.
	fake_reset();
	fake_vmsa_fill(VMSA);
	fake_vmsa_fill(MORE);
	assert_int_equal(create(MORE, MORE + PAGE_SIZE, CPU2), SVSM_SUCCESS);
	fake_fail_exit(0);
	assert_int_equal(fake_try(create_alone, NULL), TERMINATE_CALL_BACK);
}

static void invlpgb_needs_nobody(void **context)
{
	(void)context;
	config.invlpgb = true;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	fake_drop_ipis(true);
	fake_vmsa_fill(VMSA);
	fake_vmsa_fill(MORE);
	assert_int_equal(create(MORE, MORE + PAGE_SIZE, CPU2), SVSM_SUCCESS);
	assert_int_equal(create(VMSA, CAA, CPU1), SVSM_SUCCESS);
	assert_sound();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(creates_and_deletes),
		cmocka_unit_test(refuses_wrong_addresses),
		cmocka_unit_test(refuses_wrong_vmsas),
		cmocka_unit_test(vmsas_are_checked_for_good),
		cmocka_unit_test(vmsas_are_nothing_else),
		cmocka_unit_test(a_failed_creation_keeps_the_vcpu_before),
		cmocka_unit_test(a_cpu_may_get_another_vcpu_itself),
		cmocka_unit_test(deletes_what_may_be_deleted),
		cmocka_unit_test(waits_for_a_vcpu_that_runs),
		cmocka_unit_test(remaps),
		cmocka_unit_test(the_table_is_limited),
		cmocka_unit_test(other_cpus_are_called_back),
		cmocka_unit_test(invlpgb_needs_nobody),
	};

	return host_run("core_vcpu", tests, &config);
}
