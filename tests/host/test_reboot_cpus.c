// SPDX-License-Identifier: MIT
// Reboots and the other CPUs: those that do not stop, what they do meanwhile, and that none runs
// too early.
#include "tests/host/reboot.h"

#include "hw/x86.h"
#include "kernel/core.h"
#include "kernel/error.h"
#include "kernel/reboot.h"
#include "kernel/request.h"

static void goes_on_when_ipis_are_lost(void **context)
{
	struct state before, after;

	(void)context;
	old_boot();
	state_look(&before);
	fake_drop_ipis(true);
	assert_int_equal(reboot_on(0), FAKE_RETURNED);
	assert_int_equal(answer, SVSM_ERR_PROTOCOL_BASE + RMP_FAIL_INUSE);
	assert_true(fake_console_has("reboot: CPU 1 does not come back"));
	state_look(&after);
	assert_same(&before, &after);
	fake_drop_ipis(false);
	assert_int_equal(reboot_on(0), FAKE_RETURNED);
	assert_new();
}

// A host that runs a VMSA while the kernel's CPUs are all in the kernel.
static void waits_for_a_vcpu_that_runs(void **context)
{
	struct state before, after;

	(void)context;
	for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
		old_boot();
		fake_vmsa_run(vmsa_of(cpu), 5);
		assert_int_equal(reboot_on(0), FAKE_RETURNED);
		assert_new();
		old_boot();
		state_look(&before);
		fake_vmsa_run(vmsa_of(cpu), UINT64_MAX);
		assert_int_equal(reboot_on(0), FAKE_RETURNED);
		assert_int_equal(answer, SVSM_ERR_PROTOCOL_BASE + RMP_FAIL_INUSE);
		fake_vmsa_run(0, 0);
		state_look(&after);
		assert_same(&before, &after);
		assert_sound();
	}
}

// A vCPU that may run while another's VMSA is an ordinary page could write to it: any VMPL.
static void runnable_while_another_is_a_page(uint64_t gpa)
{
	bool writable = false, runs = false;

	(void)gpa;
	for (unsigned int i = 1; i < CPUS; i++) {
		const struct vmsa *vmsa = (const struct vmsa *)fake_ptr(VMSA(i));

		writable |= (fake_rights(VMSA(i), 2) & RMP_PERM_W) != 0;
		runs |= fake_is_vmsa(VMSA(i)) && (vmsa->efer & EFER_SVME) != 0;
	}
	if (writable && runs)
		fail_msg("a vCPU can run while another's VMSA is writable");
}

static void seals_all_vmsas_before_one_runs(void **context)
{
	(void)context;
	old_boot();
	// The page behind the VMSAs: those were taken from the guest before it.
	fake_attack(FAKE_FREE_END - PAGE_SIZE, FAKE_SHARE);
	fake_on_access(runnable_while_another_is_a_page);
	assert_int_equal(reboot_on(0), FAKE_RETURNED);
	assert_int_not_equal(answer, 0);
	fake_on_access(NULL);
	assert_sound();
}

// --- only one at a time

static unsigned int second_asked;

static void second_asks(void)
{
	unsigned int self = fake_cpu_current();
	uint64_t first = answer;

	if (second_asked++ != 0)
		return;
	fake_cpu_select(self == 2 ? 1 : 2);
	assert_int_equal(reboot_guest(), ERR_BUSY);
	fake_cpu_select(self);
	answer = first;
}

static void is_one_at_a_time(void **context)
{
	(void)context;
	old_boot();
	second_asked = 0;
	fake_on_pause(second_asks);
	assert_int_equal(reboot_on(0), FAKE_RETURNED);
	fake_on_pause(NULL);
	assert_true(second_asked > 0);
	assert_new();
}

static enum error list_result;

static void list_meanwhile(void)
{
	unsigned int self = fake_cpu_current();
	struct request request = {.rcx = LIST};

	if (list_result != OK)
		return;
	fake_cpu_select(0);
	list_result = core_protocol.handlers[SVSM_CORE_PVALIDATE](&request);
	fake_cpu_select(self);
}

// A list of pages ends early when CPUs are called back. Its vCPU goes on with it, if it goes on.
static void lists_make_way(void **context)
{
	const uint64_t list[3] = {2, (SMALL + PAGE_SIZE) | VALID, (SMALL + 3 * PAGE_SIZE) | VALID};

	(void)context;
	old_boot();
	fake_write(LIST, list, sizeof(list));
	fake_attack(VMSA(2), FAKE_SHARE); // the reboot fails
	list_result = OK;
	fake_on_pause(list_meanwhile);
	assert_int_equal(reboot_on(1), FAKE_RETURNED);
	fake_on_pause(NULL);
	assert_int_equal(list_result, ERR_SVSM_INCOMPLETE);
	assert_memory_equal(fake_ptr(LIST), list, sizeof(list));
	assert_false(is_new_boot());
	assert_int_equal(fake_core(SVSM_CORE_PVALIDATE, LIST, 0, 0), 0);
	assert_true(fake_is_valid(SMALL + PAGE_SIZE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_on_when_ipis_are_lost),
		cmocka_unit_test(waits_for_a_vcpu_that_runs),
		cmocka_unit_test(seals_all_vmsas_before_one_runs),
		cmocka_unit_test(is_one_at_a_time),
		cmocka_unit_test(lists_make_way),
	};

	return host_run("reboot: the other CPUs", tests, &reboot_config);
}
