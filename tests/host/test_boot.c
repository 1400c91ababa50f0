// SPDX-License-Identifier: MIT
// The kernel's start, from kernel_start() to the guest's first instruction: what it needs, and that
// it ends with a reason when something of that is missing.
#include "hw/ghcb.h"
#include "hw/snp.h"
#include "hw/x86.h"
#include "kernel/bootinfo.h"
#include "kernel/cpuid.h"
#include "kernel/cpus.h"
#include "kernel/page.h"
#include "kernel/reboot.h"
#include "tests/host/host.h"

static void boots(void **context)
{
	(void)context;
	assert_int_equal(fake_boot(NULL), FAKE_RETURNED);
	assert_true(fake_console_has("starting firmware at VMPL2"));
	assert_sound();
	assert_int_equal(fake_core(SVSM_CORE_CONFIGURE_VTOM, 1, 0, 0), SVSM_SUCCESS);
	assert_sound();
	fake_reset();
	assert_int_equal(fake_core(SVSM_CORE_CONFIGURE_VTOM, 1, 0, 0), SVSM_SUCCESS);
}

static void boots_with_large_pages_and_cpus(void **context)
{
	const struct fake_config config = {.region_size = MIB(16), .cpus = 4, .invlpgb = true};

	(void)context;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_true(fake_console_has("CPUs: 4 online"));
	assert_true(fake_console_has("INVLPGB"));
	assert_sound();
	for (uint32_t i = 0; i < 4; i++) {
		assert_ptr_equal(cpus_find_online(2 * i), cpus_get(i));
		assert_null(cpus_find_online(2 * i + 1));
		fake_cpu_select(i);
		assert_int_equal(this_cpu()->cpu->index, i);
	}
	// All that is left of the region is the heap's.
	assert_true(page_count_total() * PAGE_SIZE > MIB(15));
}

static void boots_without_firmware(void **context)
{
	const struct fake_config config = {.no_firmware = true};

	(void)context;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_true(fake_console_has("the image holds no firmware"));
	assert_int_equal(fake_vcpu_vmsa(), 0);
	assert_sound();
}

static uint64_t wrong_offset;
static uint64_t wrong_value;

static void write_wrong(struct boot_info *info)
{
	memcpy((uint8_t *)info + wrong_offset, &wrong_value, sizeof(wrong_value));
}

static void refuses_wrong_boot_info(void **context)
{
	static const struct {
		uint64_t offset;
		uint64_t value;
	} wrongs[] = {
		{offsetof(struct boot_info, magic), BOOT_INFO_MAGIC + 1},
		{offsetof(struct boot_info, version), BOOT_INFO_VERSION + 1},
		{offsetof(struct boot_info, size), sizeof(struct boot_info) - 8},
		{offsetof(struct boot_info, region.gpa), KERNEL_GPA + PAGE_SIZE},
		{offsetof(struct boot_info, region.size), MIB(3)},
		{offsetof(struct boot_info, heap_gpa), KERNEL_GPA + 8},
		{offsetof(struct boot_info, heap_gpa), KERNEL_GPA},
		{offsetof(struct boot_info, heap_gpa), KERNEL_GPA + MIB(2)},
		{offsetof(struct boot_info, segment_count), BOOT_SEGMENTS_MAX + 1},
		{offsetof(struct boot_info, firmware.prevalidate_count), BOOT_PREVALIDATE_MAX + 1},
	};
	const struct fake_config config = {.prepare = write_wrong};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++) {
		wrong_offset = wrongs[i].offset;
		wrong_value = wrongs[i].value;
		assert_int_equal(fake_boot(&config), TERMINATE_BOOT_INFO);
	}
}

static void refuses_other_platforms(void **context)
{
	const uint64_t all = SEV_STATUS_SEV | SEV_STATUS_SEV_ES | SEV_STATUS_SNP |
			     SEV_STATUS_RESTRICTED_INJECTION | SEV_STATUS_DEBUG_SWAP;
	struct fake_config config = {0};

	(void)context;
	for (unsigned int bit = 0; bit < 64; bit++) {
		// A feature that is missing, or one that is not known.
		bool allowed = bit == 8 || bit == 9 || bit == 17; // IBS, BTB, SMT protection

		config.sev_status = all ^ BIT(bit);
		assert_int_equal(
			fake_boot(&config), allowed ? FAKE_RETURNED : TERMINATE_SEV_STATUS);
	}
	config.sev_status = 0;
	config.sev_info = (uint64_t)1 << 48 | (uint64_t)1 << 32 | GHCB_MSR_SEV_INFO_RESP;
	assert_int_equal(fake_boot(&config), TERMINATE_GHCB_PROTOCOL);
	config.sev_info = (uint64_t)4 << 48 | (uint64_t)3 << 32 | GHCB_MSR_SEV_INFO_RESP;
	assert_int_equal(fake_boot(&config), TERMINATE_GHCB_PROTOCOL);
	config.sev_info = (uint64_t)3 << 48 | (uint64_t)2 << 32 | GHCB_MSR_SEV_INFO_REQ;
	assert_int_equal(fake_boot(&config), TERMINATE_GHCB_PROTOCOL);
	config.sev_info = (uint64_t)3 << 48 | (uint64_t)2 << 32 | GHCB_MSR_SEV_INFO_RESP;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	config.hv_features = GHCB_HV_SNP;
	assert_int_equal(fake_boot(&config), TERMINATE_HV_FEATURES);
	config.hv_features = GHCB_HV_AP_CREATION;
	assert_int_equal(fake_boot(&config), TERMINATE_HV_FEATURES);
	config.hv_features = GHCB_HV_AP_CREATION | GHCB_HV_SNP;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_true(fake_console_has("are not announced"));
}

static struct snp_cpuid_page *cpuid_of(const struct boot_info *info)
{
	return (struct snp_cpuid_page *)fake_ptr(info->cpuid_gpa);
}

static void hide_rdrand(struct boot_info *info)
{
	cpuid_of(info)->entry[0].ecx = 0;
}

static void hide_leaf_1(struct boot_info *info)
{
	cpuid_of(info)->entry[0].eax_in = 0x77;
}

static void count_too_many(struct boot_info *info)
{
	cpuid_of(info)->count = UINT32_MAX;
}

static void hide_leaf_7(struct boot_info *info)
{
	cpuid_of(info)->entry[1].eax_in = 0x77;
}

static unsigned int rdrand_fails;

static void fail_rdrand(struct boot_info *info)
{
	(void)info;
	fake_fail_rdrand(rdrand_fails);
}

// It may have no number for a while, but not for ever.
static void asks_for_random_numbers_again(void **context)
{
	const struct fake_config config = {.prepare = fail_rdrand};

	(void)context;
	rdrand_fails = 99;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	rdrand_fails = 100;
	assert_int_equal(fake_boot(&config), TERMINATE_NO_FEATURE);
}

static void looks_at_cpuid(void **context)
{
	struct fake_config config = {.prepare = hide_rdrand};

	(void)context;
	assert_int_equal(fake_boot(&config), TERMINATE_NO_FEATURE);
	config.prepare = hide_leaf_1;
	assert_int_equal(fake_boot(&config), TERMINATE_NO_FEATURE);
	config.prepare = count_too_many;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_null(cpuid_find(0x12345678, 0));
	assert_null(cpuid_find(CPUID_LEAF_FEATURES, 1));
	assert_int_equal(cpuid_find(CPUID_LEAF_FEATURES, 0)->ecx, CPUID_1_ECX_RDRAND);
	config.prepare = hide_leaf_7;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	assert_true(fake_console_has("protection: W^X, NX, CR0.WP\n"));
}

static uint64_t fail_at;

static void fail_exit(struct boot_info *info)
{
	(void)info;
	fake_fail_exit(fail_at);
}

static void fail_alloc(struct boot_info *info)
{
	(void)info;
	fake_fail_alloc(fail_at);
}

// Every answer of the host may be a refusal. Nothing but the console goes on then.
static void ends_when_the_host_refuses(void **context)
{
	const struct fake_config config = {.cpus = 2, .region_size = MIB(4), .prepare = fail_exit};
	unsigned int ended = 0;

	(void)context;
	for (fail_at = 0;; fail_at++) {
		int reason = fake_boot(&config);

		if (reason == FAKE_RETURNED) {
			if (!fake_failed())
				break;
			assert_sound();
			continue;
		}
		ended++;
		assert_true(reason != TERMINATE_PANIC && reason <= TERMINATE_CALL_BACK);
	}
	// Each of the early pages, both GHCBs and doorbells, the heap, the CPU, the firmware
	assert_true(ended > 64 + 6);
}

static void ends_without_memory(void **context)
{
	const struct fake_config config = {.cpus = 2, .prepare = fail_alloc};
	unsigned int ended = 0;

	(void)context;
	for (fail_at = 0;; fail_at++, ended++) {
		int reason = fake_boot(&config);

		if (reason == FAKE_RETURNED && !fake_failed())
			break;
		assert_true(fake_failed());
		if (reason == FAKE_RETURNED) {
			// No copy of the firmware: the guest runs, and cannot be rebooted.
			assert_false(reboot_is_possible());
			continue;
		}
		assert_true(reason == TERMINATE_NO_MEMORY || reason == TERMINATE_FIRMWARE);
	}
	assert_true(reboot_is_possible());
	assert_true(ended > 30);
}

static void validate_heap_page(struct boot_info *info)
{
	fake_keep_valid(info->heap_gpa + fail_at * PAGE_SIZE);
}

// The host has put a page there that was validated for another address.
static void ends_when_the_heap_is_valid_already(void **context)
{
	const struct fake_config config = {.region_size = MIB(4), .prepare = validate_heap_page};

	(void)context;
	for (fail_at = 0; fail_at < 600; fail_at += 50)
		assert_int_equal(fake_boot(&config), TERMINATE_PVALIDATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boots),
		cmocka_unit_test(boots_with_large_pages_and_cpus),
		cmocka_unit_test(boots_without_firmware),
		cmocka_unit_test(refuses_wrong_boot_info),
		cmocka_unit_test(refuses_other_platforms),
		cmocka_unit_test(asks_for_random_numbers_again),
		cmocka_unit_test(looks_at_cpuid),
		cmocka_unit_test(ends_when_the_host_refuses),
		cmocka_unit_test(ends_without_memory),
		cmocka_unit_test(ends_when_the_heap_is_valid_already),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
