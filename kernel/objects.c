// SPDX-License-Identifier: MIT
#include "kernel/objects.h"

#include "kernel/log.h"
#include "kernel/memmap.h"
#include "kernel/pagetable.h"
#include "kernel/user/key.h"
#include "kernel/user/namespace.h"
#include "lib/objects.h"
#include "lib/overflow.h"
#include "lib/string.h"

// What is there while a service's table is filled
struct making {
	struct service *services;
	const struct boot_service *from;
	size_t index;
};

// Gives NULL, or what is wrong.
typedef const char *object_maker(
	const struct making *making, const struct boot_object *from, struct object *object);

// Only services that are there already: no chain of calls comes back to where it began.
static const char *make_channel(
	const struct making *making, const struct boot_object *from, struct object *object)
{
	for (size_t i = 0; i < making->index; i++) {
		if (strcmp(making->from[i].name, from->name) == 0) {
			object->service = &making->services[i];
			return NULL;
		}
	}
	return "no service of this name stands before it in the image";
}

static const char *make_namespace(
	const struct making *making, const struct boot_object *from, struct object *object)
{
	(void)making;
	object->namespace = namespace_make(from->size);
	return object->namespace == NULL ? "the kernel has no memory for it" : NULL;
}

static const char *make_key(
	const struct making *making, const struct boot_object *from, struct object *object)
{
	(void)making;
	object->key = key_find(from->name);
	return object->key == NULL ? "more keys than there can be" : NULL;
}

static const char *make_device(
	const struct making *making, const struct boot_object *from, struct object *object)
{
	(void)making;
	if (from->kind == BOOT_OBJECT_MMIO &&
		(memmap_has_memory(from->start, from->size) ||
			!range_fits(from->start, from->size, pagetable_address_end())))
		return "there is memory and no device";
	object->device.start = from->start;
	object->device.size = from->size;
	object->device.read_only = (from->flags & BOOT_OBJECT_READ_ONLY) != 0;
	return NULL;
}

static object_maker *const makers[] = {
	[BOOT_OBJECT_SERVICE] = make_channel,
	[BOOT_OBJECT_NAMESPACE] = make_namespace,
	[BOOT_OBJECT_KEY] = make_key,
	[BOOT_OBJECT_PORTS] = make_device,
	[BOOT_OBJECT_MMIO] = make_device,
};

// With those of earlier services, and earlier ones of its own.
static const char *conflict_find(const struct making *making, size_t index)
{
	const struct boot_object *object = &making->from[making->index].objects[index];

	for (size_t i = 0; i <= making->index; i++) {
		size_t count = i == making->index ? index : making->from[i].object_count;

		for (size_t j = 0; j < count; j++) {
			const char *why = objects_conflict(&making->from[i].objects[j], object);

			if (why != NULL)
				return why;
		}
	}
	return NULL;
}

static MUST_USE enum error object_make(
	const struct making *making, size_t index, struct object *object)
{
	const struct boot_object *from = &making->from[making->index].objects[index];
	const char *wrong = object_wrong(from);

	*object = (struct object){.kind = from->kind};
	if (wrong == NULL)
		wrong = conflict_find(making, index);
	if (wrong == NULL)
		wrong = makers[from->kind](making, from, object);
	if (wrong == NULL)
		return OK;
	log_error("service %s: object %lu, kind %u: %s", making->from[making->index].name, index,
		from->kind, wrong);
	return ERR_FORMAT;
}

enum error objects_make(struct service *services, const struct boot_service *from, size_t index)
{
	const struct making making = {services, from, index};
	struct object_table *table = &services[index].objects;

	if (from[index].object_count > BOOT_OBJECTS_MAX) {
		log_error("service %s: %lu objects", from[index].name, from[index].object_count);
		return ERR_FORMAT;
	}
	*table = (struct object_table){0};
	for (size_t i = 0; i < from[index].object_count; i++) {
		enum error err = object_make(&making, i, &table->objects[i]);

		if (err != OK)
			return err;
		table->count++;
	}
	return OK;
}
