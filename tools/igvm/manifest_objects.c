// SPDX-License-Identifier: MIT
// The objects of a manifest.
#include "lib/objects.h"
#include "tools/igvm/manifest.h"

static void set_service(
	const struct manifest *m, struct boot_object *object, char *const *words, size_t count)
{
	(void)count;
	object->kind = BOOT_OBJECT_SERVICE;
	manifest_name(m, words[1], object->name);
}

static void set_namespace(
	const struct manifest *m, struct boot_object *object, char *const *words, size_t count)
{
	(void)count;
	object->kind = BOOT_OBJECT_NAMESPACE;
	manifest_name(m, words[1], object->name);
	object->size = manifest_size(
		m, words[2], "namespace: its size is a number of bytes, or with K or M");
}

static void set_key(
	const struct manifest *m, struct boot_object *object, char *const *words, size_t count)
{
	(void)count;
	object->kind = BOOT_OBJECT_KEY;
	manifest_name(m, words[1], object->name);
}

static void set_device(
	const struct manifest *m, struct boot_object *object, char *const *words, size_t count)
{
	char *end = NULL;

	if (strcmp(words[1], "ports") == 0)
		object->kind = BOOT_OBJECT_PORTS;
	else if (strcmp(words[1], "mmio") == 0)
		object->kind = BOOT_OBJECT_MMIO;
	else
		manifest_refuse(
			m, "device: ports or mmio, then where it begins and how long it is");
	object->start = manifest_number(m, words[2], &end);
	if (*end != '\0')
		manifest_refuse(m, "device: where it begins is a number");
	object->size = manifest_size(m, words[3], "device: its size is a number, or with K or M");
	if (count == 5 && strcmp(words[4], "read-only") != 0)
		manifest_refuse(
			m, "device: behind the size there can be read-only, and nothing else");
	object->flags = count == 5 ? BOOT_OBJECT_READ_ONLY : 0;
}

// Two of one service's own
static void conflicts_check(const struct manifest *m, const struct boot_object *object)
{
	for (size_t i = 0; i < m->service.object_count; i++) {
		const char *why = objects_conflict(&m->service.objects[i], object);

		if (why != NULL)
			manifest_refuse(m, why);
	}
}

bool manifest_object(struct manifest *m, char *const *words, size_t count)
{
	static const struct {
		const char *name;
		void (*set)(const struct manifest *m, struct boot_object *object,
			char *const *words, size_t count);
		size_t min, max; // words
		const char *form;
	} kinds[] = {
		{"service", set_service, 2, 2, "service: the name of one, and nothing else"},
		{"namespace", set_namespace, 3, 3, "namespace: a name and a size"},
		{"key", set_key, 2, 2, "key: a name, and nothing else"},
		{"device", set_device, 4, 5,
			"device: ports or mmio, then where it begins and how long it is"},
	};
	struct boot_object object = {0};
	size_t i = 0;

	while (i < ARRAY_SIZE(kinds) && strcmp(words[0], kinds[i].name) != 0)
		i++;
	if (i == ARRAY_SIZE(kinds))
		return false;
	if (count < kinds[i].min || count > kinds[i].max)
		manifest_refuse(m, kinds[i].form);
	kinds[i].set(m, &object, words, count);
	const char *wrong = object_wrong(&object);

	if (wrong != NULL)
		manifest_refuse(m, wrong);
	conflicts_check(m, &object);
	if (m->service.object_count == BOOT_OBJECTS_MAX)
		manifest_refuse(m, "a service holds at most 8 objects: take one out");
	m->service.objects[m->service.object_count++] = object;
	return true;
}
