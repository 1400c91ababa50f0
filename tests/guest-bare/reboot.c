// SPDX-License-Identifier: MIT
// The guest starts anew, the SVSM goes on. Nothing in memory may tell one boot from the next, so
// what a test wants to know of its last boot is kept where the host keeps it: in the CMOS RAM.
#include "lib/string.h"
#include "tests/guest-bare/guest.h"

#define CMOS_INDEX   0x70
#define CMOS_DATA    0x71
#define CMOS_BOOT    0x70 // four bytes that nobody else uses

#define PATTERN	     0x5ec4e7c0ffee0000ull
#define PATTERN_SIZE (8 * LARGE_PAGE_SIZE)

static uint8_t image_mark; // in the image, which the guest may write to

static uint32_t boot_number(void)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 4; i++) {
		ghcb_out(CMOS_INDEX, CMOS_BOOT + i, 1);
		value |= ghcb_in(CMOS_DATA, 1) << 8 * i;
	}
	return value;
}

static void boot_number_set(uint32_t value)
{
	for (unsigned i = 0; i < 4; i++) {
		ghcb_out(CMOS_INDEX, CMOS_BOOT + i, 1);
		ghcb_out(CMOS_DATA, value >> 8 * i & 0xff, 1);
	}
}

// Returns after a failure only.
static uint64_t reboot(void)
{
	return svsm_core(SVSM_CORE_REBOOT, 0, 0, 0);
}

static uint64_t query(uint64_t index, struct svsm_call *call)
{
	*call = (struct svsm_call){
		SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_REBOOT_QUERY), index, 0, 0, 0};
	return svsm_call(call);
}

static void need_large(uint64_t gpa)
{
	uint64_t code = 0;

	need_private(gpa, true);
	code = pvalidate_one(gpa | VALID | LARGE_SIZE);
	if (code)
		report_abort("no memory at 0x%lx: 0x%lx", gpa, code);
}

static void pattern_write(void)
{
	for (uint64_t gpa = FRESH(0); gpa < FRESH(0) + PATTERN_SIZE; gpa += LARGE_PAGE_SIZE) {
		need_large(gpa);
		for (uint64_t at = 0; at < LARGE_PAGE_SIZE; at += 8)
			*(volatile uint64_t *)private_ptr(gpa + at) = PATTERN + at;
	}
}

// Wherever this boot has memory, or is given some.
static bool pattern_is_gone(void)
{
	for (uint64_t gpa = FRESH(0); gpa < FRESH(0) + PATTERN_SIZE; gpa += LARGE_PAGE_SIZE) {
		need_large(gpa);
		for (uint64_t at = 0; at < LARGE_PAGE_SIZE; at += 8)
			if (*(volatile uint64_t *)private_ptr(gpa + at))
				return false;
	}
	return true;
}

static void test_calls(void)
{
	struct svsm_call call;

	expect(svsm_core(SVSM_CORE_REBOOT, 1, 0, 0), SVSM_ERR_INVALID_PARAMETER, "flags 1");
	expect(svsm_core(SVSM_CORE_REBOOT, ~0ull, 0, 0), SVSM_ERR_INVALID_PARAMETER, "all flags");
	expect(query(0, &call), SVSM_SUCCESS, "query of entry 0");
	expect(call.rcx,
		1ull << SVSM_REBOOT_COUNT_SHIFT | SVSM_REBOOT_POSSIBLE | SVSM_REBOOT_RESETS,
		"the core protocol alone, and a reboot is possible");
	expect(query(1, &call), SVSM_ERR_INVALID_PARAMETER, "query of entry 1");
	expect(query(~0ull, &call), SVSM_ERR_INVALID_PARAMETER, "query of the last entry");
}

static void first_boot(void)
{
	image_mark = 1;
	pattern_write();
	for (uint32_t i = 1; i < cpu_count; i++)
		if (!cpu_start(i))
			report_abort("CPU %u does not start", i);
	boot_number_set(1);
	report_abort("a reboot: 0x%lx", reboot());
}

void run_reboot(void)
{
	if (boot_number() == 0)
		first_boot();
	expect(boot_number(), 1, "boot");
	expect(image_mark, 0, "the image is as it was");
	test_calls();
	test_environment();
	expect_true(pattern_is_gone(), "what the last boot wrote is gone");
	for (uint32_t i = 1; i < cpu_count; i++)
		expect_true(cpu_start(i), "CPU %u starts", i);
}
