// SPDX-License-Identifier: MIT
// REBOOT_QUERY of an image with a service: what the guest is told of it.
#include "tests/host/service.h"

#define OWN	 (SERVICE_PROTOCOL_OWN + 7)
#define POSSIBLE (2ull << SVSM_REBOOT_COUNT_SHIFT | SVSM_REBOOT_POSSIBLE)

static const uint8_t guid[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa,
	0xbb, 0xcc, 0xdd, 0xee, 0xff};
static uint32_t flags;
static bool has_guid;

static void prepare(struct boot_info *info)
{
	struct boot_service *service = (void *)fake_ptr_write(info->services.gpa, sizeof(*service));

	service->flags = flags;
	if (has_guid)
		memcpy(service->guid, guid, sizeof(guid));
}

static struct fake_regs query(uint64_t index)
{
	struct fake_regs regs = {
		FAKE_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_REBOOT_QUERY), index, 1, 2, 3};

	assert_true(fake_call(&regs));
	return regs;
}

static struct fake_regs boot_and_query(uint32_t with_flags, bool with_guid)
{
	static const struct fake_config config = {.service = OWN, .prepare = prepare};

	flags = with_flags;
	has_guid = with_guid;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	struct fake_regs core = query(0);

	assert_int_equal(core.rax, SVSM_SUCCESS);
	assert_int_equal(core.rcx, POSSIBLE | SVSM_REBOOT_RESETS | SVSM_PROTOCOL_CORE);
	assert_int_equal(core.rdx | core.r8, 0);
	return query(1);
}

static void tells_that_a_service_is_reset(void **context)
{
	(void)context;
	struct fake_regs regs = boot_and_query(BOOT_SERVICE_RESET, true);

	assert_int_equal(regs.rax, SVSM_SUCCESS);
	assert_int_equal(regs.rcx, POSSIBLE | SVSM_REBOOT_RESETS | OWN);
	assert_int_equal(regs.rdx, 0x7766554433221100);
	assert_int_equal(regs.r8, 0xffeeddccbbaa9988);
	assert_int_equal(regs.r9, 3);
}

static void tells_that_a_service_is_kept(void **context)
{
	static const uint32_t kept[] = {0, BOOT_SERVICE_INTERNAL, BOOT_SERVICE_DEBUG};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		struct fake_regs regs = boot_and_query(kept[i], false);

		assert_int_equal(regs.rax, SVSM_SUCCESS);
		assert_int_equal(regs.rcx, POSSIBLE | OWN);
		assert_int_equal(regs.rdx | regs.r8, 0);
	}
}

static void knows_no_more(void **context)
{
	static const uint64_t indexes[] = {2, 3, 1ull << 32 | 1, 1ull << 63 | 1, ~0ull};

	(void)context;
	boot_and_query(BOOT_SERVICE_RESET, true);
	for (size_t i = 0; i < ARRAY_SIZE(indexes); i++) {
		struct fake_regs regs = query(indexes[i]);

		assert_int_equal(regs.rax, SVSM_ERR_INVALID_PARAMETER);
		assert_int_equal(regs.rcx, indexes[i]);
		assert_int_equal(regs.rdx, 1);
		assert_int_equal(regs.r8, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_that_a_service_is_reset),
		cmocka_unit_test(tells_that_a_service_is_kept),
		cmocka_unit_test(knows_no_more),
	};

	return cmocka_run_group_tests_name("reboot: query", tests, NULL, NULL);
}
