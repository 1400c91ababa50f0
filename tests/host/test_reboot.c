// SPDX-License-Identifier: MIT
/*
 * Reboots of the guest on fake hardware: what is new afterwards; and with everything that can go
 * wrong going wrong at every place: then either the guest goes on with all that it had, or it is
 * rebooted, or, after the point of no return, the VM ends.
 */
#include "hw/snp.h"
#include "hw/x86.h"
#include "kernel/core.h"
#include "kernel/cpu.h"
#include "kernel/cpus_stop.h"
#include "kernel/error.h"
#include "kernel/guest_memory.h"
#include "kernel/reboot.h"
#include "kernel/request.h"
#include "kernel/vcpu.h"
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

static const struct fake_config config = {.cpus = CPUS};

static int setup(void **context)
{
	(void)context;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	return 0;
}

// --- the old boot

static void pvalidate(uint64_t entry)
{
	const uint64_t list[2] = {1, entry};

	fake_write(LIST, list, sizeof(list));
	assert_int_equal(fake_core(SVSM_CORE_PVALIDATE, LIST, 0, 0), 0);
}

static void pattern(uint64_t gpa, uint64_t size)
{
	memset(fake_ptr_write(gpa, size), 0x5a, size);
}

static void old_boot(void)
{
	fake_reset();
	fake_cpu_select(0);
	pvalidate(LARGE | VALID | RMP_PAGE_2M);
	pattern(LARGE, PAGE_SIZE);
	for (unsigned int i = 0; i < SMALLS; i++) {
		pvalidate((SMALL + 2 * i * PAGE_SIZE) | VALID);
		pattern(SMALL + 2 * i * PAGE_SIZE, PAGE_SIZE);
	}
	pattern(FAKE_IMAGE_GPA + PAGE_SIZE, PAGE_SIZE);
	pattern(FAKE_CPUID_GPA, PAGE_SIZE);
	pattern(FAKE_MAP_GPA, PAGE_SIZE);
	assert_int_equal(fake_core(SVSM_CORE_REMAP_CA, CAA0, 0, 0), 0);
	for (unsigned int i = 1; i < CPUS; i++) {
		fake_vmsa_fill(VMSA(i));
		assert_int_equal(fake_core(SVSM_CORE_CREATE_VCPU, VMSA(i), CAA(i), 2 * i), 0);
	}
	assert_sound();
}

static const uint64_t pages[] = {LARGE, LARGE + MIB(1), SMALL, SMALL + PAGE_SIZE,
	SMALL + 2 * PAGE_SIZE, FAKE_IMAGE_GPA, FAKE_IMAGE_GPA + PAGE_SIZE, GIB(4) - PAGE_SIZE,
	FAKE_CPUID_GPA, FAKE_SECRETS_GPA, FAKE_MAP_GPA, LIST, CAA0, CAA(1), CAA(2), VMSA(1),
	VMSA(2), FAKE_FREE_END - PAGE_SIZE};

struct page_state {
	bool valid, vmsa;
	uint8_t rights;
	uint8_t bytes[32];
};

struct state {
	uint64_t valid, caa, efer[CPUS], vmsa[CPUS];
	size_t runs;
	struct page_state page[ARRAY_SIZE(pages)];
};

static uint64_t vmsa_of(unsigned int cpu)
{
	fake_cpu_select(cpu);
	uint64_t gpa = fake_vcpu_vmsa();

	fake_cpu_select(0);
	return gpa;
}

static void state_look(struct state *state)
{
	memset(state, 0, sizeof(*state));
	state->valid = guest_count_valid();
	state->runs = guest_count_runs();
	state->caa = fake_vcpu_caa();
	for (unsigned int i = 0; i < CPUS; i++) {
		state->vmsa[i] = vmsa_of(i);
		state->efer[i] = ((const struct vmsa *)fake_ptr(state->vmsa[i]))->efer;
	}
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		state->page[i].valid = fake_is_valid(pages[i]);
		state->page[i].vmsa = fake_is_vmsa(pages[i]);
		state->page[i].rights = fake_rights(pages[i], 2);
		// VMSAs: what the guest had in its registers. Calling areas: not the flag.
		memcpy(state->page[i].bytes, fake_ptr(pages[i]) + 8, sizeof(state->page[i].bytes));
	}
}

static void assert_same(const struct state *a, const struct state *b)
{
	assert_int_equal(a->valid, b->valid);
	assert_int_equal(a->runs, b->runs);
	assert_int_equal(a->caa, b->caa);
	assert_memory_equal(a->efer, b->efer, sizeof(a->efer));
	assert_memory_equal(a->vmsa, b->vmsa, sizeof(a->vmsa));
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		if (memcmp(&a->page[i], &b->page[i], sizeof(a->page[i])) != 0)
			fail_msg("page 0x%lx: valid %d/%d, VMSA %d/%d, rights %u/%u", pages[i],
				a->page[i].valid, b->page[i].valid, a->page[i].vmsa,
				b->page[i].vmsa, a->page[i].rights, b->page[i].rights);
	}
}

// --- a reboot

static uint64_t answer; // RAX
static bool answered;

static void ask(void *cpu)
{
	struct fake_regs regs = {FAKE_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_REBOOT), 0, 0, 0, 0};

	fake_cpu_select(*(unsigned int *)cpu);
	answered = fake_call(&regs);
	answer = regs.rax;
	for (unsigned int i = 0; i < CPUS; i++)
		cpu_pause(); // the other CPUs' turn
	fake_cpu_select(0);
	reboot_wait();
}

static bool is_new_boot(void)
{
	return !guest_is_valid(gpa_make(LARGE), PAGE_SIZE);
}

// Asks on a CPU; how that ended.
static int reboot_on(unsigned int cpu)
{
	int reason = fake_try(ask, &cpu);

	fake_cpu_select(0);
	return reason;
}

static void assert_new(void)
{
	assert_false(cpus_are_stopped());
	assert_true(is_new_boot());
	assert_int_equal(guest_count_valid(),
		(FAKE_FREE_END - FAKE_PARAMS_GPA + GIB(4) - FAKE_IMAGE_GPA) / PAGE_SIZE);
	for (uint64_t gpa = LIST; gpa < FAKE_FREE_END; gpa += PAGE_SIZE)
		assert_true(bytes_is_zero(bytes_make(fake_ptr(gpa), PAGE_SIZE)));
	for (uint64_t gpa = FAKE_IMAGE_GPA; gpa < GIB(4); gpa += PAGE_SIZE) {
		for (unsigned int i = 0; i < PAGE_SIZE; i++)
			assert_int_not_equal(fake_ptr(gpa)[i], 0x5a);
	}
	for (unsigned int i = 1; i < CPUS; i++)
		assert_int_equal(vmsa_of(i), 0);
	assert_int_equal(fake_vcpu_caa(), FAKE_CAA_GPA);
	const struct vmsa *first = (const struct vmsa *)fake_ptr(fake_vcpu_vmsa());

	assert_int_equal(first->rip, 0xfff0);
	assert_int_equal(first->efer, EFER_SVME);
	assert_true(fake_is_vmsa(fake_vcpu_vmsa()));
	assert_sound();
	// It can do what it could at first.
	pvalidate(LARGE | VALID | RMP_PAGE_2M);
	assert_true(bytes_is_zero(bytes_make(fake_ptr(LARGE), PAGE_SIZE)));
}

static void starts_the_guest_anew(void **context)
{
	(void)context;
	for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
		old_boot();
		assert_int_equal(reboot_on(cpu), FAKE_RETURNED);
		assert_new();
	}
}

// What the firmware's pages hold is what they held at the first start.
static void writes_its_pages_again(void **context)
{
	static uint8_t before[GIB(4) - FAKE_IMAGE_GPA], params[4 * PAGE_SIZE];
	const uint32_t counts[4] = {7, 8, 9, 10};
	const struct snp_secrets_page *secrets = (const void *)fake_ptr(FAKE_SECRETS_GPA);

	(void)context;
	fake_reset();
	memcpy(before, fake_ptr(FAKE_IMAGE_GPA), sizeof(before));
	memcpy(params, fake_ptr(FAKE_PARAMS_GPA), sizeof(params));
	old_boot();
	fake_write(FAKE_SECRETS_GPA + offsetof(struct snp_secrets_page, os_area), counts,
		sizeof(counts));
	assert_int_equal(reboot_on(0), FAKE_RETURNED);
	assert_memory_equal(fake_ptr(FAKE_IMAGE_GPA), before, sizeof(before));
	// The guest's own keys' message counts go on.
	assert_memory_equal(secrets->os_area, "\0\0\0\0\0\0\0\0\x09\0\0\0\x0a\0\0\0", 16);
	memcpy(params + offsetof(struct snp_secrets_page, os_area), secrets->os_area, 16);
	assert_memory_equal(fake_ptr(FAKE_PARAMS_GPA), params, sizeof(params));
}

// 2 MiB of small pages, beside a large one: the steps of withdrawing are tried in both sizes.
static void takes_back_large_and_small_pages(void **context)
{
	(void)context;
	old_boot();
	for (uint64_t at = 0; at < HUGE_PAGE_SIZE; at += PAGE_SIZE)
		pvalidate((PIECE + at) | VALID);
	pvalidate((PIECE + HUGE_PAGE_SIZE) | VALID | RMP_PAGE_2M);
	assert_int_equal(reboot_on(0), FAKE_RETURNED);
	assert_new();
}

static void refuses_what_it_does_not_know(void **context)
{
	struct state before, after;

	(void)context;
	old_boot();
	state_look(&before);
	assert_int_equal(fake_core(SVSM_CORE_REBOOT, 1, 0, 0), SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(fake_core(SVSM_CORE_REBOOT, ~0ul, 0, 0), SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(fake_core(SVSM_CORE_REBOOT_QUERY, 1, 0, 0), SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(fake_core(SVSM_CORE_REBOOT_QUERY, ~0ul, 0, 0), SVSM_ERR_INVALID_PARAMETER);
	state_look(&after);
	assert_same(&before, &after);
}

// --- what goes wrong

static struct {
	unsigned int refused, rebooted, ended;
} seen;

// After a reboot with something armed. True: it has happened.
static bool judge(const char *what, uint64_t n, const struct state *before, int reason)
{
	struct state after;
	bool happened = fake_failed();

	if (reason != FAKE_RETURNED) {
		if (!happened || (reason != TERMINATE_REBOOT && reason != TERMINATE_FIRMWARE &&
					 reason != TERMINATE_NOT_VALIDATED))
			fail_msg("%s, number %lu: the kernel ended with %d", what, n, reason);
		seen.ended++;
		return true;
	}
	assert_false(cpus_are_stopped());
	if (is_new_boot()) {
		assert_sound();
		seen.rebooted++;
		return happened;
	}
	if (!happened || !answered || answer == 0)
		fail_msg("%s, number %lu: no reboot, answer 0x%lx", what, n, answer);
	state_look(&after);
	assert_same(before, &after);
	assert_sound();
	seen.refused++;
	// And the next one works.
	assert_int_equal(reboot_on(0), FAKE_RETURNED);
	assert_new();
	return true;
}

static void goes_on_after_each_failure_of_the_processor(void **context)
{
	static const uint32_t codes[] = {
		RMP_FAIL_PERMISSION, RMP_FAIL_SIZEMISMATCH, RMP_FAIL_OVERLAP, RMP_FAIL_INPUT};
	struct state before;

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		memset(&seen, 0, sizeof(seen));
		for (uint64_t n = 0, hit = true; hit; n++) {
			old_boot();
			state_look(&before);
			fake_fail_rmp(n, codes[i]);
			hit = judge("RMP", n, &before, reboot_on(n % CPUS));
		}
		// Every page's rights are taken twice, before anything ends.
		assert_true(seen.refused > 2 * (4 + 16 + SMALLS));
		assert_true(seen.ended > 0);
	}
}

static void loses_no_memory_when_an_allocation_fails(void **context)
{
	struct state before;

	(void)context;
	for (uint64_t n = 0, hit = true; hit; n++) {
		old_boot();
		state_look(&before);
		fake_fail_alloc(n);
		hit = judge("allocation", n, &before, reboot_on(0));
	}
}

// The host refuses an exit: an IPI is missed, or the reboot has begun and the VM ends.
static void bears_each_refused_exit(void **context)
{
	struct state before;

	(void)context;
	memset(&seen, 0, sizeof(seen));
	for (uint64_t n = 0, hit = true; hit && n < 200; n++) {
		old_boot();
		state_look(&before);
		fake_fail_exit(n);
		hit = judge("exit", n, &before, reboot_on(0));
	}
	assert_true(seen.refused > 0);
	assert_true(seen.ended > 0);
}

// The host attacks the page that is touched next. What it took the guest has lost; nothing else.
static void is_attacked_at_each_access(void **context)
{
	(void)context;
	memset(&seen, 0, sizeof(seen));
	for (enum fake_attack attack = FAKE_TAKE; attack <= FAKE_RENEW; attack++) {
		bool hit = true;

		for (uint64_t n = 0; hit; n += 1 + n / 64) {
			old_boot();
			fake_attack_access(n, attack);
			int reason = reboot_on(n % CPUS);

			hit = fake_failed();
			assert_true(reason == FAKE_RETURNED || reason == TERMINATE_REBOOT ||
				    reason == TERMINATE_FIRMWARE ||
				    reason == TERMINATE_NOT_VALIDATED);
			if (reason != FAKE_RETURNED) {
				seen.ended++;
				continue;
			}
			assert_false(cpus_are_stopped());
			assert_sound();
			is_new_boot() ? seen.rebooted++ : seen.refused++;
		}
	}
	assert_true(seen.refused > 100 && seen.rebooted > 100 && seen.ended > 100);
}

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

// The guest gave a page away without asking, VMSAs included: no reboot, and no harm.
static void goes_on_without_a_page_that_was_given_away(void **context)
{
	static const uint64_t given[] = {
		VMSA(1), VMSA(2), SMALL, LARGE + PAGE_SIZE, FAKE_CPUID_GPA};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		old_boot();
		fake_attack(given[i], FAKE_SHARE);
		assert_int_equal(reboot_on(0), FAKE_RETURNED);
		assert_false(is_new_boot());
		assert_int_not_equal(answer, 0);
		assert_sound();
		for (size_t j = 0; j < ARRAY_SIZE(pages); j++) {
			if (ALIGN_DOWN(pages[j], HUGE_PAGE_SIZE) !=
				ALIGN_DOWN(given[i], HUGE_PAGE_SIZE))
				assert_int_equal(fake_is_valid(pages[j]),
					guest_is_valid(gpa_make(pages[j]), 1));
		}
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

// --- the copy of the image

static uint64_t fail_at;

static void image_of_all_kinds(struct boot_info *info)
{
	uint8_t *image = fake_ptr(FAKE_IMAGE_GPA);

	(void)info;
	memset(image + 3 * PAGE_SIZE, 0xff, PAGE_SIZE);
	memset(image + 5 * PAGE_SIZE, 0xff, PAGE_SIZE - 1);
	image[6 * PAGE_SIZE] = 1;
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		image[15 * PAGE_SIZE + i] = (uint8_t)(i * 7);
	if (fail_at != UINT64_MAX)
		fake_fail_alloc(fail_at);
}

static void keeps_the_image(void **context)
{
	const struct fake_config kinds = {.cpus = CPUS, .prepare = image_of_all_kinds};
	static uint8_t before[GIB(4) - FAKE_IMAGE_GPA];

	(void)context;
	fail_at = UINT64_MAX;
	assert_int_equal(fake_boot(&kinds), FAKE_RETURNED);
	assert_true(fake_console_has("copy for reboots, 16 KiB")); // its table, and three pages
	memcpy(before, fake_ptr(FAKE_IMAGE_GPA), sizeof(before));
	pattern(FAKE_IMAGE_GPA, sizeof(before));
	assert_int_equal(reboot_on(0), FAKE_RETURNED);
	assert_true(fake_console_has("boot 2"));
	assert_memory_equal(fake_ptr(FAKE_IMAGE_GPA), before, sizeof(before));
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
}

// The VM starts without the copy, and then the guest cannot be rebooted.
static void goes_without_room_for_the_image(void **context)
{
	const struct fake_config kinds = {.cpus = CPUS, .prepare = image_of_all_kinds};
	unsigned int without = 0;

	(void)context;
	for (fail_at = 0; fail_at < 200; fail_at++) {
		int reason = fake_boot(&kinds);

		if (reason != FAKE_RETURNED || !fake_console_has("no memory for a copy of it"))
			continue;
		struct fake_regs query = {
			FAKE_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_REBOOT_QUERY), 0, 0, 0, 0};

		without++;
		assert_true(fake_call(&query));
		assert_int_equal(query.rcx, 1ull << SVSM_REBOOT_COUNT_SHIFT | SVSM_REBOOT_RESETS);
		assert_int_equal(fake_core(SVSM_CORE_REBOOT, 0, 0, 0), SVSM_ERR_INVALID_REQUEST);
		assert_sound();
	}
	assert_int_equal(without, 4);
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_the_guest_anew),
		cmocka_unit_test(writes_its_pages_again),
		cmocka_unit_test(takes_back_large_and_small_pages),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(goes_on_after_each_failure_of_the_processor),
		cmocka_unit_test(loses_no_memory_when_an_allocation_fails),
		cmocka_unit_test(bears_each_refused_exit),
		cmocka_unit_test(is_attacked_at_each_access),
		cmocka_unit_test(goes_on_when_ipis_are_lost),
		cmocka_unit_test(waits_for_a_vcpu_that_runs),
		cmocka_unit_test(goes_on_without_a_page_that_was_given_away),
		cmocka_unit_test(seals_all_vmsas_before_one_runs),
		cmocka_unit_test(is_one_at_a_time),
		cmocka_unit_test(lists_make_way),
		cmocka_unit_test(keeps_the_image),
		cmocka_unit_test(goes_without_room_for_the_image),
	};

	return cmocka_run_group_tests_name("reboot", tests, setup, NULL);
}
