// SPDX-License-Identifier: MIT
// Objects in manifests: how they end up in the image, in which order services stand there, and what
// is refused, with file, line and what is right.
#include <stdio.h>

#include "tests/unit/firmware.h"
#include "tests/unit/igvm_guest.h"
#include "tests/unit/igvm_tool.h"

#define GOOD(name, protocol) "name " name "\nprotocol " protocol "\nmemory 64K\n"

static const char *service_argument(size_t number)
{
	static char texts[BOOT_SERVICES_MAX][1024];
	char manifest[16];

	snprintf(manifest, sizeof(manifest), "manifest%zu", number);
	snprintf(texts[number], sizeof(texts[number]), "%s:", tool_path("program"));
	strncat(texts[number], tool_path(manifest),
		sizeof(texts[number]) - strlen(texts[number]) - 1);
	return texts[number];
}

// With these manifests, the rest NULL. The program is any static one.
static int build_with(const char *const manifests[3])
{
	const char *options[6] = {0};
	struct kernel_sample sample;
	char name[16];
	size_t count = 0;

	kernel_sample_init(&sample);
	tool_write("kernel.elf", &sample, sizeof(sample));
	tool_write("program", &sample, sizeof(sample));
	for (; count < 3 && manifests[count] != NULL; count++) {
		snprintf(name, sizeof(name), "manifest%zu", count);
		tool_write(name, manifests[count], strlen(manifests[count]));
	}
	for (size_t i = 0; i < 3; i++) {
		options[2 * i] = "--service";
		options[2 * i + 1] = service_argument(MIN(i, count - 1));
	}
	if (count == 1)
		return TOOL_RUN("build", "--kernel", tool_path("kernel.elf"), options[0],
			options[1], "-o", tool_path("out.igvm"));
	if (count == 2)
		return TOOL_RUN("build", "--kernel", tool_path("kernel.elf"), options[0],
			options[1], options[2], options[3], "-o", tool_path("out.igvm"));
	return TOOL_RUN("build", "--kernel", tool_path("kernel.elf"), options[0], options[1],
		options[2], options[3], options[4], options[5], "-o", tool_path("out.igvm"));
}

static int build_one(const char *manifest)
{
	return build_with((const char *const[3]){manifest});
}

static const struct boot_service *table_of(struct guest *guest, size_t count)
{
	guest_load(guest);
	assert_int_equal(guest->info.services.size, count * sizeof(struct boot_service));
	return (const void *)guest_region(guest, guest->info.services.gpa);
}

static void object_is(const struct boot_object *object, uint32_t kind, const char *name,
	uint64_t start, uint64_t size, uint32_t flags)
{
	assert_int_equal(object->kind, kind);
	assert_string_equal(object->name, name);
	assert_int_equal(object->start, start);
	assert_int_equal(object->size, size);
	assert_int_equal(object->flags, flags);
}

static void puts_objects_into_the_image(void **context)
{
	static struct guest guest;

	(void)context;
	assert_int_equal(build_one(GOOD("a", "0xc0000005") "key k-1\nnamespace n 8K # comment\n"
							   "device ports 0x70 2\n"
							   "device mmio 0xfed40000 4096 read-only\n"
							   "debug yes\nguest no\nkey k-2\n"),
		0);
	const struct boot_service *service = table_of(&guest, 1);

	assert_int_equal(service->flags, BOOT_SERVICE_DEBUG | BOOT_SERVICE_INTERNAL);
	assert_int_equal(service->object_count, 5);
	object_is(&service->objects[0], BOOT_OBJECT_KEY, "k-1", 0, 0, 0);
	object_is(&service->objects[1], BOOT_OBJECT_NAMESPACE, "n", 0, 8192, 0);
	object_is(&service->objects[2], BOOT_OBJECT_PORTS, "", 0x70, 2, 0);
	object_is(&service->objects[3], BOOT_OBJECT_MMIO, "", 0xfed40000, 4096,
		BOOT_OBJECT_READ_ONLY);
	object_is(&service->objects[4], BOOT_OBJECT_KEY, "k-2", 0, 0, 0);
	guest_unload(&guest);
}

// `debug yes` is another image for the launch digest: its table differs.
static void debug_is_measured(void **context)
{
	static char digests[2][200];

	(void)context;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
			build_one(i == 0 ? GOOD("a", "7") : GOOD("a", "7") "debug yes\n"), 0);
		assert_int_equal(TOOL_RUN("measure", tool_path("out.igvm")), 0);
		struct bytes out = tool_read("out");

		memcpy(digests[i], out.data, MIN(out.size, sizeof(digests[i]) - 1));
		unit_free(out);
	}
	assert_true(strlen(digests[0]) > 90);
	assert_string_not_equal(digests[0], digests[1]);
}

static void puts_callees_first(void **context)
{
	static struct guest guest;

	(void)context;
	assert_int_equal(build_with((const char *const[3]){GOOD("a", "1") "service b\nservice c\n",
				 GOOD("b", "2") "service c\n", GOOD("c", "3")}),
		0);
	const struct boot_service *table = table_of(&guest, 3);

	assert_string_equal(table[0].name, "c");
	assert_string_equal(table[1].name, "b");
	assert_string_equal(table[2].name, "a");
	object_is(&table[2].objects[0], BOOT_OBJECT_SERVICE, "b", 0, 0, 0);
	object_is(&table[2].objects[1], BOOT_OBJECT_SERVICE, "c", 0, 0, 0);
	guest_unload(&guest);
}

static void refuses_circles(void **context)
{
	(void)context;
	assert_int_equal(build_one(GOOD("a", "1") "service a\n"), 1);
	assert_true(tool_printed("err", "in a circle, with a and a in it: leave one"));
	assert_int_equal(build_with((const char *const[3]){
				 GOOD("a", "1") "service b\n", GOOD("b", "2") "service a\n"}),
		1);
	assert_true(tool_printed("err", "in a circle, with a and b in it"));
	assert_int_equal(build_with((const char *const[3]){GOOD("a", "1") "service b\n",
				 GOOD("b", "2") "service c\n", GOOD("c", "3") "service a\n"}),
		1);
	assert_true(tool_printed("err", "in a circle"));
	assert_int_equal(build_one(GOOD("a", "1") "service b\n"), 1);
	assert_true(tool_printed("err", "service a calls b, which is not in the image: add it"));
}

static void refuses_shared_objects(void **context)
{
	static const struct {
		const char *first, *second, *message;
	} pairs[] = {
		{"namespace n 4K\n", "namespace n 4K\n",
			"a and b, objects 0 and 0: a namespace has"},
		{"device ports 1 8\n", "key k\ndevice ports 8 1\n",
			"objects 0 and 1: a device has"},
		{"device mmio 0xfed00000 16\n", "device mmio 0xfecfffff 2\n", "a device has one"},
	};
	char texts[2][200];

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		snprintf(texts[0], sizeof(texts[0]), "%s%s", GOOD("a", "1"), pairs[i].first);
		snprintf(texts[1], sizeof(texts[1]), "%s%s", GOOD("b", "2"), pairs[i].second);
		assert_int_equal(build_with((const char *const[3]){texts[0], texts[1]}), 1);
		assert_true(tool_printed("err", pairs[i].message));
	}
	assert_int_equal(
		build_with((const char *const[3]){GOOD("a", "1") "key k\ndevice ports 1 8\n",
			GOOD("b", "2") "key k\ndevice mmio 0xfed00001 8\n"}),
		0);
	assert_int_equal(build_with((const char *const[3]){GOOD("a", "1"), GOOD("a", "2")}), 1);
	assert_true(tool_printed("err", "two services have the name a: give one another name"));
}

static void refuses_bad_objects(void **context)
{
	static const struct {
		const char *text;
		const char *message;
	} bad[] = {
		{"socket x\n", "manifest0:1: no such item; there are name, protocol"},
		{"service\n", "manifest0:1: service: the name of one"},
		{"service a b\n", "service: the name of one"},
		{"service a_b\n", "letters, digits and hyphens only"},
		{"\nkey\n", "manifest0:2: key: a name"},
		{"key aaaaaaaaaaaaaaaaaaaaaaaa\n", "1 to 23 characters"},
		{"namespace n\n", "namespace: a name and a size"},
		{"namespace n 4K 1\n", "namespace: a name and a size"},
		{"namespace n x\n", "not a number"},
		{"namespace n 4G\n", "namespace: its size is a number of bytes"},
		{"namespace n 0\n", "its size is 0"},
		{"namespace n 4095\n", "whole pages of 4K, at most 1M"},
		{"namespace n 2M\n", "whole pages of 4K, at most 1M"},
		{"namespace n 4K\nnamespace n 4K\n", "manifest0:2: a namespace has one holder"},
		{"device\n", "device: ports or mmio"},
		{"device disk 1 2\n", "device: ports or mmio"},
		{"device ports 1\n", "device: ports or mmio"},
		{"device ports x 1\n", "not a number"},
		{"device ports 1x 1\n", "device: where it begins is a number"},
		{"device ports 1 1x\n", "device: its size is a number"},
		{"device ports 1 1 write-only\n", "there can be read-only"},
		{"device ports 1 1 read-only now\n", "device: ports or mmio"},
		{"device ports 1 2 3 4 5 6\n", "too many words"},
		{"device ports 0xffff 2\n", "ports end at 0xffff"},
		{"device ports 65536 1\n", "ports end at 0xffff"},
		{"device ports 0x3ff 1\n", "the kernel's console: leave them out"},
		{"device ports 8 0\n", "its size is 0"},
		{"device mmio 0x8000000 4K\n", "the rest is memory"},
		{"device mmio 0 4K\n", "the rest is memory"},
		{"device mmio 0x100000000 4K\n", "the rest is memory"},
		{"device mmio 0xffffffff 2\n", "the rest is memory"},
		{"device mmio 0xffffffffffffffff 1\n", "the rest is memory"},
		{"device mmio 0xd0000000 2M\n", "at most 1M of registers"},
		{"device mmio 0xfee00000 4K\n", "the processors' interrupts: leave them out"},
		{"device ports 1 2\ndevice ports 2 1\n", "manifest0:2: a device has one holder"},
		{"key a\nkey b\nkey c\nkey d\nkey e\nkey f\nkey g\nkey h\nkey i\n",
			"manifest0:9: a service holds at most 8 objects: take one out"},
		{"debug maybe\n", "debug: yes or no"},
		{"debug yes\ndebug no\n", "manifest0:2: this item stands here twice"},
		{"guest maybe\n", "guest: yes, or no"},
		{GOOD("a", "2") "guest no\n", "only protocols from 0xc0000000 on"},
	};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(build_one(bad[i].text), 1);
		if (!tool_printed("err", bad[i].message))
			fail_msg("%s: not %s", bad[i].text, bad[i].message);
	}
}

// The firmware's image lies where devices could be.
static void refuses_the_firmware_as_a_device(void **context)
{
	struct kernel_sample sample;
	struct firmware firmware;

	(void)context;
	kernel_sample_init(&sample);
	firmware_init(&firmware);
	struct bytes image = firmware_make(&firmware);

	tool_write("kernel.elf", &sample, sizeof(sample));
	tool_write("program", &sample, sizeof(sample));
	tool_write("fw.fd", image.data, image.size);
	tool_write("manifest0", GOOD("a", "1") "device mmio 0xffffefff 8\n",
		strlen(GOOD("a", "1") "device mmio 0xffffefff 8\n"));
	assert_int_equal(TOOL_RUN("build", "--kernel", tool_path("kernel.elf"), "--firmware",
				 tool_path("fw.fd"), "--service", service_argument(0), "-o",
				 tool_path("out.igvm")),
		1);
	assert_true(tool_printed("err", "service a, object 0: there is the firmware"));
	unit_free(image);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_objects_into_the_image),
		cmocka_unit_test(debug_is_measured),
		cmocka_unit_test(puts_callees_first),
		cmocka_unit_test(refuses_circles),
		cmocka_unit_test(refuses_shared_objects),
		cmocka_unit_test(refuses_bad_objects),
		cmocka_unit_test(refuses_the_firmware_as_a_device),
	};

	if (!tool_start(argc, argv))
		return 2;
	return cmocka_run_group_tests_name("build_objects", tests, NULL, tool_end);
}
