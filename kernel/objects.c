// SPDX-License-Identifier: MIT
#include "kernel/objects.h"

#include "kernel/log.h"
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

static const struct {
	object_maker *make;
	bool has_name;	// or else none
	bool has_size;	// or else 0, and start too
	bool is_device; // can be read-only
} kinds[] = {
	[BOOT_OBJECT_SERVICE] = {make_channel, true, false, false},
};

// What a kind does not use must be zero: nothing in a manifest is passed over.
static const char *object_check(const struct boot_object *from)
{
	if (from->kind >= ARRAY_SIZE(kinds) || kinds[from->kind].make == NULL)
		return "the kernel does not know this kind";
	if (from->name[sizeof(from->name) - 1] != '\0' ||
		(from->name[0] != '\0') != kinds[from->kind].has_name)
		return "a name too many, or none";
	if ((from->size != 0) != kinds[from->kind].has_size)
		return "a size too many, or none";
	if (!kinds[from->kind].is_device && from->start != 0)
		return "a start that it does not have";
	if ((from->flags & ~(kinds[from->kind].is_device ? BOOT_OBJECT_READ_ONLY : 0u)) != 0)
		return "a flag that the kernel does not know";
	return NULL;
}

static MUST_USE enum error object_make(
	const struct making *making, size_t index, struct object *object)
{
	const struct boot_object *from = &making->from[making->index].objects[index];
	const char *wrong = object_check(from);

	*object = (struct object){.kind = from->kind};
	if (wrong == NULL)
		wrong = kinds[from->kind].make(making, from, object);
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
