// SPDX-License-Identifier: MIT
// A guest that has laid something over the ports of PCI's configuration: no device of its would be
// found, so it is not rebooted.
#include "tests/host/reboot.h"

#include "hw/ghcb.h"
#include "hw/svm.h"

#define ADDRESS 0xcf8
#define DATA	0xcfc
#define ID	0x29c08086

static uint32_t config_address, config_id;
static bool is_covered; // something else answers at the address register

static bool pc(struct ghcb *ghcb)
{
	uint64_t info = ghcb->sw_exit_info_1;
	uint16_t port = (uint16_t)(info >> IOIO_PORT_SHIFT);

	if (ghcb->sw_exit_code != VMEXIT_IOIO || (info & IOIO_STR) != 0)
		return false;
	if ((info & IOIO_IN) == 0 && port == ADDRESS)
		config_address = (uint32_t)ghcb->rax;
	if ((info & IOIO_IN) != 0)
		ghcb->rax = port == ADDRESS ? config_address ^ is_covered
			    : port == DATA && config_address == BIT(31) ? config_id
									: UINT32_MAX;
	fake_ghcb_answer(ghcb, GHCB_RESULT_OK);
	return true;
}

static void prepare(struct boot_info *info)
{
	(void)info;
	config_id = ID;
	is_covered = false;
	fake_host_exit(pc);
}

static void begin(void)
{
	old_boot();
	config_id = ID;
	is_covered = false;
	fake_host_exit(pc);
}

static void assert_refused(void)
{
	struct state before, after;

	state_look(&before);
	assert_int_equal(reboot_on(1), FAKE_RETURNED);
	assert_true(answered);
	assert_int_equal(answer, SVSM_ERR_INVALID_REQUEST);
	assert_true(fake_console_has("devices: PCI's configuration is "));
	state_look(&after);
	assert_same(&before, &after);
	assert_sound();
}

static void assert_rebooted(void)
{
	assert_int_equal(reboot_on(1), FAKE_RETURNED);
	assert_new();
}

static void goes_on_when_no_device_can_be_reached(void **context)
{
	(void)context;
	begin();
	is_covered = true;
	assert_refused();
	is_covered = false;
	assert_rebooted();
}

static void goes_on_when_another_device_answers(void **context)
{
	static const uint32_t ids[] = {0, 1, ID + 1, ID ^ BIT(31), UINT32_MAX};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		begin();
		config_id = ids[i];
		assert_refused();
		config_id = ID;
		assert_rebooted();
	}
}

int main(void)
{
	static const struct fake_config config = {.cpus = CPUS, .prepare = prepare};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_on_when_no_device_can_be_reached),
		cmocka_unit_test(goes_on_when_another_device_answers),
	};

	return host_run("reboot: devices", tests, &config);
}
