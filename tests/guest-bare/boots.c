// SPDX-License-Identifier: MIT
#include "tests/guest-bare/boots.h"

#include <stdatomic.h>

#define CMOS_INDEX 0x70
#define CMOS_DATA  0x71
#define CMOS_FIRST 0x60 // 32 bytes that nobody else uses

// A service may be at an RSA key, on a computer that is busy with other CPUs.
#define ASK_MS 90000

uint32_t kept(enum kept word)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 4; i++) {
		ghcb_out(CMOS_INDEX, CMOS_FIRST + 4 * word + i, 1);
		value |= ghcb_in(CMOS_DATA, 1) << 8 * i;
	}
	return value;
}

void keep(enum kept word, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++) {
		ghcb_out(CMOS_INDEX, CMOS_FIRST + 4 * word + i, 1);
		ghcb_out(CMOS_DATA, value >> 8 * i & 0xff, 1);
	}
}

uint32_t boot_number(void)
{
	static bool known;
	static uint32_t number;

	if (!known)
		number = kept(KEPT_BOOT);
	known = true;
	return number;
}

// Before any CPU asks, and by one of them.
static void announce(uint32_t number)
{
	static atomic_flag lock = ATOMIC_FLAG_INIT;
	static uint32_t announced;

	while (atomic_flag_test_and_set(&lock))
		cpu_pause();
	if (announced != number)
		keep(KEPT_BOOT, number);
	announced = number;
	atomic_flag_clear(&lock);
}

static uint64_t ask(void)
{
	return svsm_core(SVSM_CORE_REBOOT, 0, 0, 0);
}

static bool is_not_yet(uint64_t code)
{
	return code == SVSM_ERR_INCOMPLETE || code == SVSM_ERR_BUSY;
}

uint64_t reboot_once(void)
{
	uint64_t code = 0;

	announce(boot_number() + 1);
	wait_for(!is_not_yet(code = ask()), ASK_MS);
	announce(boot_number());
	return code;
}

uint64_t reboot(void)
{
	uint64_t code = 0;

	wait_for((code = reboot_once()) != SVSM_FAIL(RMP_FAIL_INUSE), ASK_MS);
	return code;
}

_Noreturn void reboot_or_abort(void)
{
	report_abort("boot %u: a reboot: 0x%lx", boot_number(), reboot());
}

void need_large(uint64_t gpa)
{
	uint64_t code = 0;

	need_private(gpa, true);
	code = pvalidate_one(gpa | VALID | LARGE_SIZE);
	if (code)
		report_abort("no memory at 0x%lx: 0x%lx", gpa, code);
}
