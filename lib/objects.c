// SPDX-License-Identifier: MIT
#include "lib/objects.h"

#include "lib/overflow.h"
#include "lib/string.h"

#define PORTS	     0x10000
#define CONSOLE	     0x3f8 // the kernel's own
#define CONSOLE_SIZE 8
#define PAGE	     0x1000

static const char *namespace_wrong(const struct boot_object *object)
{
	if (object->size > BOOT_NAMESPACE_MAX || object->size % PAGE != 0)
		return "a namespace has whole pages of 4K, at most 1M";
	return NULL;
}

static const char *ports_wrong(const struct boot_object *object)
{
	if (!range_fits(object->start, object->size, PORTS))
		return "ports end at 0xffff";
	if (ranges_overlap(object->start, object->size, CONSOLE, CONSOLE_SIZE))
		return "ports 0x3f8 to 0x3ff are the kernel's console: leave them out";
	return NULL;
}

// Where a PC has devices and no memory. What the host says to be memory is the kernel's to refuse.
static const char *mmio_wrong(const struct boot_object *object)
{
	if (object->size > BOOT_MMIO_MAX)
		return "a device has at most 1M of registers: name the part that is needed";
	if (!range_contains(
		    BOOT_MMIO_START, BOOT_MMIO_END - BOOT_MMIO_START, object->start, object->size))
		return "only from 0x80000000 to 0xffffffff there are devices; the rest is memory";
	if (ranges_overlap(object->start, object->size, BOOT_APIC_START, BOOT_APIC_SIZE))
		return "0xfee00000 to 0xfeefffff are the processors' interrupts: leave them out";
	return NULL;
}

static const struct kind {
	bool is_there;
	bool has_name; // or else none
	bool has_size; // or else 0
	uint32_t flags;
	const char *(*wrong)(const struct boot_object *object);
} kinds[] = {
	[BOOT_OBJECT_SERVICE] = {true, true, false, 0, NULL},
	[BOOT_OBJECT_NAMESPACE] = {true, true, true, 0, namespace_wrong},
	[BOOT_OBJECT_KEY] = {true, true, false, 0, NULL},
	[BOOT_OBJECT_PORTS] = {true, false, true, BOOT_OBJECT_READ_ONLY, ports_wrong},
	[BOOT_OBJECT_MMIO] = {true, false, true, BOOT_OBJECT_READ_ONLY, mmio_wrong},
};

bool object_is_device(const struct boot_object *object)
{
	return object->kind == BOOT_OBJECT_PORTS || object->kind == BOOT_OBJECT_MMIO;
}

// What a kind does not use must be zero, so that nothing in a table is passed over.
const char *object_wrong(const struct boot_object *object)
{
	if (object->kind >= ARRAY_SIZE(kinds) || !kinds[object->kind].is_there)
		return "no such kind of object";
	const struct kind *kind = &kinds[object->kind];

	if (object->name[sizeof(object->name) - 1] != '\0')
		return "the name does not end";
	if ((object->name[0] != '\0') != kind->has_name)
		return kind->has_name ? "it needs a name" : "it has no name";
	if ((object->size != 0) != kind->has_size)
		return kind->has_size ? "its size is 0" : "it has no size";
	if (!object_is_device(object) && object->start != 0)
		return "it has no start";
	if ((object->flags & ~kind->flags) != 0)
		return "a flag that it does not have";
	return kind->wrong == NULL ? NULL : kind->wrong(object);
}

const char *objects_conflict(const struct boot_object *a, const struct boot_object *b)
{
	if (a->kind != b->kind)
		return NULL;
	if (a->kind == BOOT_OBJECT_NAMESPACE && strcmp(a->name, b->name) == 0)
		return "a namespace has one holder: give them two names, or let one call the other";
	if (object_is_device(a) && ranges_overlap(a->start, a->size, b->start, b->size))
		return "a device has one holder: give it to one, and let the other call that";
	return NULL;
}
