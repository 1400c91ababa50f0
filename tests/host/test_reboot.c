// SPDX-License-Identifier: MIT
// Reboots of the guest on fake hardware: what is new afterwards, what is refused, and the copy of
// the firmware's image that a new boot begins with.
#include "tests/host/reboot.h"

#include "hw/snp.h"

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
	assert_int_equal(fake_boot(&reboot_config), FAKE_RETURNED);
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
	assert_int_equal(fake_boot(&reboot_config), FAKE_RETURNED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_the_guest_anew),
		cmocka_unit_test(writes_its_pages_again),
		cmocka_unit_test(takes_back_large_and_small_pages),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(keeps_the_image),
		cmocka_unit_test(goes_without_room_for_the_image),
	};

	return host_run("reboot", tests, &reboot_config);
}
