// SPDX-License-Identifier: MIT
// The calls REBOOT and REBOOT_QUERY, rightly and wrongly; what a guest finds afterwards.
#include "tests/guest-bare/boots.h"

#include "lib/string.h"

#define WRONG_MANY 64

static uint8_t image_mark; // in the image, which the guest may write to

static uint64_t query(uint64_t index, struct svsm_call *call)
{
	*call = (struct svsm_call){
		SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_REBOOT_QUERY), index, 0, 0, 0};
	return svsm_call(call);
}

static void test_calls(void)
{
	static const uint64_t flags[] = {1, 2, 1ull << 31, 1ull << 32, 1ull << 63, ~0ull};
	static const uint64_t indexes[] = {1, 2, 0xffff, 1ull << 32, 1ull << 63, ~0ull};
	struct svsm_call call;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		expect(svsm_core(SVSM_CORE_REBOOT, flags[i], 0, 0), SVSM_ERR_INVALID_PARAMETER,
			"flags 0x%lx", flags[i]);
	expect(query(0, &call), SVSM_SUCCESS, "query of entry 0");
	expect(call.rcx,
		1ull << SVSM_REBOOT_COUNT_SHIFT | SVSM_REBOOT_POSSIBLE | SVSM_REBOOT_RESETS,
		"the core protocol alone, and a reboot is possible");
	expect(call.rdx | call.r8, 0, "it has no GUID");
	for (size_t i = 0; i < ARRAY_SIZE(indexes); i++)
		expect(query(indexes[i], &call), SVSM_ERR_INVALID_PARAMETER, "query of entry 0x%lx",
			indexes[i]);
}

static _Atomic uint32_t strange;

// Flags that the SVSM does not know, while another CPU reboots: refused, or not answered any more.
static void job_wrong(void)
{
	for (uint64_t i = 1;; i++)
		if (svsm_core(SVSM_CORE_REBOOT, i | i << 32, 0, 0) != SVSM_ERR_INVALID_PARAMETER)
			strange++;
}

static void all_start(void)
{
	for (uint32_t i = 1; i < cpu_count; i++)
		if (!cpu_start(i))
			report_abort("boot %u: CPU %u does not start", boot_number(), i);
}

static void first_boot(void)
{
	image_mark = 1;
	all_start();
	for (uint32_t i = 1; i < cpu_count; i++)
		cpu_begin(i, job_wrong);
	for (unsigned i = 0; i < WRONG_MANY; i++)
		if (svsm_core(SVSM_CORE_REBOOT, ~0ull << i % 64, 0, 0) !=
			SVSM_ERR_INVALID_PARAMETER)
			strange++;
	if (strange)
		report_abort("%u wrong calls were answered otherwise", strange);
	reboot_or_abort();
}

void run_reboot(void)
{
	if (boot_number() == 0)
		first_boot();
	expect(boot_number(), 1, "boot");
	expect(image_mark, 0, "the image is as it was");
	test_calls();
	test_environment();
	for (uint32_t i = 1; i < cpu_count; i++)
		expect_true(cpu_start(i), "CPU %u starts", i);
}

static void job_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

// One after another, opt/copra/boots of them; the other CPUs run in every eighth boot, and are
// halted in the others, which takes less of the computer. tests/guest-bare/reboots.sh looks at the
// SVSM's memory.
void run_reboot_many(void)
{
	uint32_t many = (uint32_t)parameter("opt/copra/boots", 20);

	all_start();
	for (uint32_t i = 1; i < cpu_count && boot_number() % 8 != 0; i++)
		cpu_begin(i, job_halt);
	if (boot_number() < many)
		reboot_or_abort();
	expect(boot_number(), many, "reboots");
}
