// SPDX-License-Identifier: MIT
// The table of services that the kernel finds in its image: what it refuses, and how a guest calls
// one whose protocol the kernel does not know.
#include "tests/host/service.h"

#define OWN (SERVICE_PROTOCOL_OWN + 5)

static struct fake_config config = {.service = OWN};
static struct boot_object object;
static uint32_t flags;
static uint64_t object_count;
static uint64_t table_size;

static void prepare(struct boot_info *info)
{
	struct boot_service *service = (void *)fake_ptr_write(info->services.gpa, sizeof(*service));

	service->flags = flags;
	service->object_count = object_count;
	service->objects[0] = object;
	if (table_size != 0)
		info->services.size = table_size;
}

static int setup(void **context)
{
	(void)context;
	config = (struct fake_config){.service = OWN, .prepare = prepare};
	object = (struct boot_object){0};
	flags = 0;
	object_count = 0;
	table_size = 0;
	return 0;
}

static void refused(const char *says)
{
	assert_int_equal(fake_boot(&config), TERMINATE_SERVICE);
	if (!fake_console_has(says))
		fail_msg("the log does not say: %s", says);
}

static void refused_object(struct boot_object wrong, const char *says)
{
	object = wrong;
	object_count = 1;
	refused(says);
}

static void refuses_what_it_does_not_know(void **context)
{
	(void)context;
	flags = 1u << 31;
	refused("service fake: flags 0x80000000, of which the kernel knows");
	flags = 0;
	refused_object((struct boot_object){0}, "service fake: object 0, kind 0: no such kind");
	refused_object((struct boot_object){.kind = 6}, "kind 6: no such kind of object");
	refused_object((struct boot_object){.kind = ~0u}, "no such kind of object");
	refused_object((struct boot_object){.kind = BOOT_OBJECT_KEY, .name = "k", .flags = 1},
		"a flag that it does not have");
	refused_object((struct boot_object){.kind = BOOT_OBJECT_KEY, .name = "k", .start = 1},
		"it has no start");
	refused_object((struct boot_object){.kind = BOOT_OBJECT_KEY, .name = "k", .size = 1},
		"it has no size");
	refused_object((struct boot_object){.kind = BOOT_OBJECT_KEY}, "it needs a name");
	refused_object((struct boot_object){.kind = BOOT_OBJECT_PORTS, .name = "p", .size = 1},
		"it has no name");
	memset(object.name, 'x', sizeof(object.name));
	object.kind = BOOT_OBJECT_KEY;
	refused("the name does not end");
	object_count = BOOT_OBJECTS_MAX + 1;
	refused("service fake: 9 objects");
	object_count = ~0ull;
	refused("objects");
	object_count = 0;
	table_size = sizeof(struct boot_service) - 1;
	refused("table of services: 463 bytes");
	table_size = (BOOT_SERVICES_MAX + 1) * sizeof(struct boot_service);
	refused("table of services: ");
	table_size = 0;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
}

static void gives_no_memory_as_a_device(void **context)
{
	struct boot_object device = {.kind = BOOT_OBJECT_MMIO, .start = 0xfed00000, .size = 4096};

	(void)context;
	object = device;
	object_count = 1;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	// The host says that there is memory, of whatever type, a page of which is in the range.
	config.map_count = 2;
	config.map[0].number_of_pages = FAKE_RAM_END / PAGE_SIZE;
	config.map[1].starting_gpa_page_number = 0xfed00;
	config.map[1].number_of_pages = 1;
	for (uint16_t type = 0; type < 4; type++) {
		config.map[1].entry_type = type;
		refused("there is memory and no device");
	}
	device.start += PAGE_SIZE;
	object = device;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	config.map_count = 0;
	device.start = FAKE_IMAGE_GPA - 8;
	device.size = 9;
	refused_object(device, "there is memory and no device");
	device.start = KERNEL_GPA;
	refused_object(device, "the rest is memory");
}

static uint32_t serve(struct request *request, uint8_t *buffer, uint32_t *size)
{
	assert_int_equal(request->protocol, OWN);
	request->rcx = 1;
	request->rdx = 2;
	request->r8 = 3;
	return service_note(request, buffer, size);
}

static void begin(void)
{
	service_begin(serve, 10);
}

static struct fake_regs call(uint64_t r8, uint64_t r9)
{
	struct fake_regs regs = {
		.rax = FAKE_CALL(OWN, 0x12345678), .rcx = 11, .rdx = 12, .r8 = r8, .r9 = r9};

	assert_true(fake_call(&regs));
	assert_sound();
	assert_true(buffer_is_wiped());
	return regs;
}

static void hands_calls_over(void **context)
{
	uint8_t before[64];

	(void)context;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	begin();
	memcpy(before, fake_ptr(BUFFER + PAGE_SIZE - 8), sizeof(before));
	struct fake_regs regs = call(BUFFER + PAGE_SIZE - 8, 32);

	assert_int_equal(regs.rax, SVSM_SUCCESS);
	assert_int_equal(regs.rcx, 1);
	assert_int_equal(regs.rdx, 2);
	assert_int_equal(regs.r8, 10);
	assert_int_equal(asked.size, 32);
	assert_memory_equal(asked.data, before, 32);
	memset(before, 0xbb, 10);
	assert_memory_equal(fake_ptr(BUFFER + PAGE_SIZE - 8), before, sizeof(before));
	// Without a buffer
	begin();
	reply_size = 0;
	regs = call(~0ull, 0);
	assert_int_equal(regs.rax, SVSM_SUCCESS);
	assert_int_equal(regs.r8, 0);
	assert_int_equal(asked.size, 0);
}

static void refused_call(uint64_t r8, uint64_t r9, uint32_t code, uint32_t called)
{
	uint8_t before[2 * PAGE_SIZE];

	memcpy(before, fake_ptr(BUFFER), sizeof(before));
	struct fake_regs regs = call(r8, r9);

	assert_int_equal(regs.rax, code);
	assert_int_equal(regs.rcx, 11);
	assert_int_equal(regs.rdx, 12);
	assert_int_equal(regs.r8, r8);
	assert_int_equal(asked.times, called);
	assert_memory_equal(fake_ptr(BUFFER), before, sizeof(before));
}

static void refuses_wrong_calls(void **context)
{
	(void)context;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	begin();
	refused_call(BUFFER, SERVICE_BUFFER_MAX + 1, SVSM_ERR_INVALID_PARAMETER, 0);
	refused_call(BUFFER, 1ull << 32, SVSM_ERR_INVALID_PARAMETER, 0);
	refused_call(KERNEL_GPA, 8, SVSM_ERR_INVALID_ADDRESS, 0);
	refused_call(~0ull, 8, SVSM_ERR_INVALID_ADDRESS, 0);
	// The answer does not fit: it is lost, and nobody's memory is written.
	refused_call(BUFFER, 9, SVSM_ERR_INVALID_PARAMETER, 1);
	reply = ERR_BUSY;
	refused_call(BUFFER, 64, SVSM_ERR_BUSY, 2);
}

static void keeps_internal_services_from_the_guest(void **context)
{
	struct fake_regs regs = {.rax = FAKE_CALL(OWN, 0)};

	(void)context;
	flags = BOOT_SERVICE_INTERNAL;
	assert_int_equal(fake_boot(&config), FAKE_RETURNED);
	begin();
	assert_null(protocol_find(OWN));
	assert_true(fake_call(&regs));
	assert_int_equal(regs.rax, SVSM_ERR_UNSUPPORTED_PROTOCOL);
	assert_int_equal(asked.times, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(refuses_what_it_does_not_know, setup),
		cmocka_unit_test_setup(gives_no_memory_as_a_device, setup),
		cmocka_unit_test_setup(hands_calls_over, setup),
		cmocka_unit_test_setup(refuses_wrong_calls, setup),
		cmocka_unit_test_setup(keeps_internal_services_from_the_guest, setup),
	};

	return cmocka_run_group_tests_name("services", tests, NULL, NULL);
}
