// SPDX-License-Identifier: MIT
// Devices that a guest has programmed, behind a host that answers rightly and in other ways.
#include "kernel/quiesce.h"

#include "hw/ghcb.h"
#include "hw/svm.h"
#include "kernel/cpu.h"
#include "tests/host/host.h"

#define EXITS_MAX	(DEVICE_ACCESSES_MAX + 600) // PCI, and a large I/O APIC
#define FUNCTIONS_MAX	16
#define CONFIG_SIZE	256
#define IOIO_PORT(info) ((uint16_t)((info) >> 16))
#define IOIO_SIZE(info) ((unsigned int)((info) >> 4 & 7))
#define IS_IN(info)	(((info)&1) != 0)

#define IOAPIC		0xfec00000
#define HPET		0xfed00000
#define IOAPIC_ENTRIES	24
#define HPET_PERIOD	10000000

#define COMMAND		0x04
#define COMMAND_ALL	0x0107
#define COMMAND_QUIET	0x0500
#define CAPABILITIES	0x34
#define EXPRESS		0x80 // where its capability stands

// A PC: functions by address register, what was written to ports, memory-mapped registers.
static struct function {
	uint32_t address;
	uint8_t config[CONFIG_SIZE];
} functions[FUNCTIONS_MAX];
static size_t function_count;
static uint32_t config_address;
static uint8_t ports[0x10000], rtc_b, rtc_index;
static uint32_t ioapic_index, ioapic_entries[IOAPIC_ENTRIES], hpet_config, hpet_period;
static uint8_t virtio_status;
static uint64_t bus_reset_start, bus_reset_ticks; // TSC
static bool cut_off_before_reset, bridges_reset;
static unsigned int exits;

static struct function *function_find(void)
{
	for (size_t i = 0; i < function_count; i++)
		if (functions[i].address == (config_address & 0x7fffff00))
			return &functions[i];
	return NULL;
}

static struct function *add(uint32_t bus, uint32_t device, uint32_t number, uint8_t type)
{
	struct function *function = &functions[function_count++];

	*function = (struct function){.address = bus << 16 | device << 11 | number << 8};
	memcpy(function->config, (uint8_t[]){0x86, 0x80, 1, 2}, 4);
	function->config[COMMAND] = COMMAND_ALL & 0xff;
	function->config[COMMAND + 1] = COMMAND_ALL >> 8;
	function->config[0x0e] = type;
	return function;
}

static uint8_t *capability(struct function *function, uint8_t at, uint8_t id, uint8_t next)
{
	function->config[0x06] = 0x10;
	function->config[at] = id;
	function->config[at + 1] = next;
	return &function->config[at];
}

// The window to virtio's registers: bar 4, offset 0x2014 is the status.
static void virtio_window(const uint8_t *window)
{
	static const uint8_t wanted[] = {4, 0, 0, 0, 0x14, 0x20, 0, 0, 1, 0, 0, 0};

	if (memcmp(window + 4, wanted, sizeof(wanted)) == 0)
		virtio_status = window[16];
}

// A bridge on bus 0 has all the others behind it.
static void bridge_control(const struct function *bridge)
{
	bool on = (bridge->config[0x3e] & 0x40) != 0;

	if (!on && bus_reset_start != 0)
		bus_reset_ticks = cpu_read_tsc() - bus_reset_start;
	bus_reset_start = on ? cpu_read_tsc() : 0;
	for (size_t i = 0; on && bridges_reset && i < function_count; i++)
		if (functions[i].address >> 16 != 0)
			memset(&functions[i].config[COMMAND], 0, 2);
}

static void config_written(const struct function *function, uint32_t at)
{
	if (at == 0x70 + 16)
		virtio_window(function->config + 0x70);
	if (at == 0x3e && (function->config[0x0e] & 0x7f) == 1)
		bridge_control(function);
	if (at == EXPRESS + 8)
		cut_off_before_reset = (function->config[COMMAND] & 4) == 0;
}

static uint64_t config_io(uint16_t port, bool in, unsigned int size, uint64_t value)
{
	struct function *function = function_find();
	uint32_t at = (config_address & 0xfc) + (port & 3u);

	if (function == NULL || (config_address & BIT(31)) == 0)
		return UINT32_MAX;
	if (in)
		memcpy(&value, function->config + at, size);
	else
		memcpy(function->config + at, &value, size);
	if (!in)
		config_written(function, at);
	return value;
}

static uint64_t pc_port(uint16_t port, bool in, unsigned int size, uint64_t value)
{
	if (port >= 0xcfc && port + size <= 0xd00)
		return config_io(port, in, size, value);
	if (port == 0xcf8 && !in)
		config_address = (uint32_t)value;
	if (port == 0x70 && !in)
		rtc_index = (uint8_t)value;
	if (port == 0x71 && rtc_index == 0x0b && !in)
		rtc_b = (uint8_t)value;
	if (port == 0x71 && in)
		return rtc_index == 0x0b ? rtc_b : 0;
	if (!in)
		ports[port] = (uint8_t)value;
	return ports[port];
}

static void ioapic_write(uint32_t value)
{
	uint32_t entry = (ioapic_index - 0x10) / 2;

	assert_true(ioapic_index % 2 == 0 && entry < IOAPIC_ENTRIES);
	ioapic_entries[entry] = value;
}

static uint32_t pc_register(uint64_t gpa, bool in, uint32_t value)
{
	switch (gpa) {
	case IOAPIC:
		return ioapic_index = value;
	case IOAPIC + 0x10:
		if (in)
			return ioapic_index == 1 ? (IOAPIC_ENTRIES - 1) << 16 | 0x20 : 0;
		ioapic_write(value);
		return 0;
	case HPET:
		return hpet_period == UINT32_MAX ? UINT32_MAX : 0x8086a201;
	case HPET + 4:
		return hpet_period;
	case HPET + 0x10:
		return in ? hpet_config : (hpet_config = value);
	default:
		fail_msg("register 0x%lx", gpa);
		return 0;
	}
}

static bool pc(struct ghcb *ghcb)
{
	uint64_t info = ghcb->sw_exit_info_1;
	uint32_t value = 0;

	if (ghcb->sw_exit_code == VMEXIT_IOIO && (info & IOIO_STR) != 0)
		return false; // the log
	exits++;
	if (ghcb->sw_exit_code == VMEXIT_IOIO) {
		ghcb->rax = pc_port(IOIO_PORT(info), IS_IN(info), IOIO_SIZE(info), ghcb->rax);
	} else {
		memcpy(&value, ghcb->shared_buffer, sizeof(value));
		value = pc_register(info, ghcb->sw_exit_code == GHCB_EXIT_MMIO_READ, value);
		memcpy(ghcb->shared_buffer, &value, sizeof(value));
	}
	fake_ghcb_answer(ghcb, GHCB_RESULT_OK);
	return true;
}

static int setup(void **context)
{
	(void)context;
	assert_int_equal(fake_boot(NULL), FAKE_RETURNED);
	return 0;
}

static void begin(bool (*host)(struct ghcb *))
{
	fake_reset();
	exits = 0;
	function_count = 0;
	memset(ports, 0, sizeof(ports));
	memset(ioapic_entries, 0, sizeof(ioapic_entries));
	rtc_b = 0x72;
	hpet_config = 7;
	hpet_period = HPET_PERIOD;
	virtio_status = 0xf;
	bus_reset_start = bus_reset_ticks = 0;
	cut_off_before_reset = bridges_reset = false;
	ports[0x0d] = ports[0xda] = 0xee;
	fake_host_exit(host);
}

static uint32_t command(const struct function *function)
{
	return function->config[COMMAND] | (uint32_t)function->config[COMMAND + 1] << 8;
}

static void controllers_and_timers(void **context)
{
	(void)context;
	begin(pc);
	devices_quiesce();
	assert_int_equal(ports[0x0d] | ports[0xda], 0);
	assert_int_equal(ports[0x21], 0xff);
	assert_int_equal(ports[0xa1], 0xff);
	assert_int_equal(ports[0x43], 0x30);
	assert_int_equal(rtc_b, 0x02);
	assert_int_equal(hpet_config, 4);
	for (size_t i = 0; i < IOAPIC_ENTRIES; i++)
		assert_int_equal(ioapic_entries[i], 0x10000);
	assert_true(fake_console_has("0 PCI functions"));
	assert_true(fake_console_has(" 0 refused"));
	assert_sound();
}

// Where no number leads.
static void what_is_behind_a_bridge_is_reset(void **context)
{
	(void)context;
	begin(pc);
	struct function *bridge = add(0, 4, 0, 1);
	struct function *hidden = add(9, 0, 0, 0);

	bridges_reset = true;
	bridge->config[0x3e] = 0x03;
	devices_quiesce();
	assert_int_equal(command(hidden), 0);
	assert_int_equal(bridge->config[0x3e], 0x03);
	assert_in_range(bus_reset_ticks, 1 << 22, 1 << 26);
	assert_int_equal(command(bridge), COMMAND_QUIET);
	assert_true(fake_console_has(" 1 PCI functions"));
}

static void only_bridges_are_reset_so(void **context)
{
	(void)context;
	begin(pc);
	add(0, 4, 0, 1)->config[0x19] = 3;
	add(3, 0, 0, 1);
	struct function *device = add(0, 5, 0, 0);

	device->config[0x3e] = 0x11; // Min_Gnt
	devices_quiesce();
	assert_int_equal(device->config[0x3e], 0x11);
}

static struct function *add_express(uint8_t type, uint8_t features)
{
	struct function *function = add(0, 6, 0, type);

	function->config[CAPABILITIES] = EXPRESS;
	capability(function, EXPRESS, 0x10, 0)[7] = features;
	function->config[EXPRESS + 8] = 0x10;
	return function;
}

static void what_can_reset_itself_is_reset(void **context)
{
	(void)context;
	begin(pc);
	const struct function *can = add_express(0, 0x10);

	devices_quiesce();
	assert_int_equal(can->config[EXPRESS + 9], 0x80);
	assert_int_equal(can->config[EXPRESS + 8], 0x10);
	assert_true(cut_off_before_reset);
	begin(pc);
	const struct function *cannot = add_express(0, 0xef);

	devices_quiesce();
	assert_int_equal(cannot->config[EXPRESS + 9], 0);
	begin(pc);
	const struct function *bridge = add_express(1, 0x10);

	devices_quiesce();
	assert_int_equal(bridge->config[EXPRESS + 9], 0);
}

// Bus 0: a device, one with three functions, a bridge to bus 3; there a bridge to bus 7; there one.
// No bridge resets anything.
static void every_function_on_every_bus(void **context)
{
	(void)context;
	begin(pc);
	add(0, 0, 0, 0);
	add(0, 5, 0, 0x80);
	add(0, 5, 1, 0);
	add(0, 5, 7, 0);
	add(0, 31, 0, 1)->config[0x19] = 3;
	add(3, 1, 0, 0x81)->config[0x19] = 7;
	add(7, 0, 0, 0);
	struct function *not_multi = add(0, 0, 1, 0);

	devices_quiesce();
	for (size_t i = 0; i + 1 < function_count; i++)
		assert_int_equal(command(&functions[i]), COMMAND_QUIET);
	assert_int_equal(command(not_multi), COMMAND_ALL);
	assert_true(fake_console_has(" 7 PCI functions"));
}

static void interrupts_by_message(void **context)
{
	(void)context;
	begin(pc);
	struct function *function = add(0, 2, 0, 0);

	function->config[CAPABILITIES] = 0x40;
	capability(function, 0x40, 0x01, 0x50);
	uint8_t *msi = capability(function, 0x50, 0x05, 0x98);
	uint8_t *msix = capability(function, 0x98, 0x11, 0);

	msi[2] = 0x81;
	msix[3] = 0xc0;
	devices_quiesce();
	assert_int_equal(msi[2], 0x80);
	assert_int_equal(msix[3], 0x40);
}

static struct function *add_virtio(void)
{
	struct function *function = add(0, 3, 0, 0);

	memcpy(function->config, (uint8_t[]){0xf4, 0x1a}, 2);
	function->config[CAPABILITIES] = 0x40;
	memcpy(capability(function, 0x40, 0x09, 0x58) + 2,
		(uint8_t[]){0x10, 1, 4, 0, 0, 0, 0, 0x20, 0, 0}, 10);
	memcpy(capability(function, 0x58, 0x09, 0x70) + 2, (uint8_t[]){0x10, 2}, 2);
	memcpy(capability(function, 0x70, 0x09, 0) + 2, (uint8_t[]){0x14, 5}, 2);
	return function;
}

static void virtio_is_reset(void **context)
{
	(void)context;
	begin(pc);
	add_virtio();
	devices_quiesce();
	assert_int_equal(virtio_status, 0);
	assert_int_equal(command(&functions[0]), COMMAND_QUIET);
	begin(pc);
	add_virtio()->config[0] = 0; // another vendor's capabilities
	devices_quiesce();
	assert_int_equal(virtio_status, 0xf);
}

static void what_is_no_hpet_is_left_alone(void **context)
{
	static const uint32_t periods[] = {0, 100000001, UINT32_MAX};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(periods); i++) {
		begin(pc);
		hpet_period = periods[i];
		devices_quiesce();
		assert_int_equal(hpet_config, 7);
	}
}

// --- a host that answers in other ways: there is an end

static uint64_t answer;
static bool answers_random;

static bool same_answer(struct ghcb *ghcb)
{
	if (ghcb->sw_exit_code == VMEXIT_IOIO && (ghcb->sw_exit_info_1 & IOIO_STR) != 0)
		return false;
	exits++;
	if (answers_random)
		unit_random_fill(&answer, sizeof(answer));
	ghcb->rax = answer;
	memcpy(ghcb->shared_buffer, &answer, sizeof(answer));
	fake_ghcb_answer(ghcb, GHCB_RESULT_OK);
	return true;
}

static bool refuses(struct ghcb *ghcb)
{
	if (ghcb->sw_exit_code == VMEXIT_IOIO && (ghcb->sw_exit_info_1 & IOIO_STR) != 0)
		return false;
	exits++;
	fake_ghcb_answer(ghcb, GHCB_RESULT_MALFORMED);
	return true;
}

// Among them: a bridge everywhere, whose bus is its own or the last; capabilities in a ring.
static void any_answer_ends(void **context)
{
	static const uint64_t answers[] = {0, UINT64_MAX, 0x0101010101010101, 0x8181818181818181,
		0x4040404040404040, 0x5151515151515151, 0x0505050505050505, 0x7f7f7f7f7f7f7f7f};

	(void)context;
	answers_random = false;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		begin(same_answer);
		answer = answers[i];
		devices_quiesce();
		assert_in_range(exits, 100, EXITS_MAX);
		assert_sound();
	}
	answers_random = true;
	for (size_t i = 0; i < 20; i++) {
		begin(same_answer);
		devices_quiesce();
		assert_in_range(exits, 100, EXITS_MAX);
		assert_sound();
	}
}

// A tree as large as it can be: each bus has 32 devices with 8 functions, one leads to the next
// bus.
static bool all_buses(struct ghcb *ghcb)
{
	uint64_t info = ghcb->sw_exit_info_1;

	if (ghcb->sw_exit_code == VMEXIT_IOIO && (info & IOIO_STR) != 0)
		return false;
	exits++;
	if (ghcb->sw_exit_code == VMEXIT_IOIO && IOIO_PORT(info) == 0xcf8)
		config_address = (uint32_t)ghcb->rax;
	uint32_t reg = (config_address & 0xfc) + (IOIO_PORT(info) & 3u);

	ghcb->rax = reg == 0x0e ? 0x81 : reg == 0x19 ? (config_address >> 16 & 0xff) + 1 : 0x10;
	fake_ghcb_answer(ghcb, GHCB_RESULT_OK);
	return true;
}

static void the_largest_tree_ends(void **context)
{
	(void)context;
	begin(all_buses);
	devices_quiesce();
	assert_in_range(exits, DEVICE_ACCESSES_MAX, EXITS_MAX);
	assert_sound();
}

static void a_host_that_refuses_is_left_alone(void **context)
{
	(void)context;
	begin(refuses);
	devices_quiesce();
	assert_int_equal(exits, 2 * DEVICE_REFUSALS_MAX);
	assert_true(fake_console_has("64 accesses, 64 refused"));
	assert_sound();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(controllers_and_timers),
		cmocka_unit_test(every_function_on_every_bus),
		cmocka_unit_test(what_is_behind_a_bridge_is_reset),
		cmocka_unit_test(only_bridges_are_reset_so),
		cmocka_unit_test(what_can_reset_itself_is_reset),
		cmocka_unit_test(interrupts_by_message),
		cmocka_unit_test(virtio_is_reset),
		cmocka_unit_test(what_is_no_hpet_is_left_alone),
		cmocka_unit_test(any_answer_ends),
		cmocka_unit_test(the_largest_tree_ends),
		cmocka_unit_test(a_host_that_refuses_is_left_alone),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
