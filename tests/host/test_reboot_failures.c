// SPDX-License-Identifier: MIT
// Reboots with everything that can go wrong going wrong at every place: then either the guest goes
// on with all that it had, or it is rebooted, or, after the point of no return, the VM ends.
#include "tests/host/reboot.h"

#include "kernel/cpus_stop.h"
#include "kernel/guest_memory.h"

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
		for (size_t j = 0; j < WATCHED; j++) {
			if (ALIGN_DOWN(watched[j], HUGE_PAGE_SIZE) !=
				ALIGN_DOWN(given[i], HUGE_PAGE_SIZE))
				assert_int_equal(fake_is_valid(watched[j]),
					guest_is_valid(gpa_make(watched[j]), 1));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_on_after_each_failure_of_the_processor),
		cmocka_unit_test(loses_no_memory_when_an_allocation_fails),
		cmocka_unit_test(bears_each_refused_exit),
		cmocka_unit_test(is_attacked_at_each_access),
		cmocka_unit_test(goes_on_without_a_page_that_was_given_away),
	};

	return host_run("reboot: failures", tests, &reboot_config);
}
