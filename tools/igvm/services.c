// SPDX-License-Identifier: MIT
#include "tools/igvm/services.h"

#include <stdlib.h>

#include "lib/objects.h"
#include "tools/igvm/manifest.h"

// A program as the kernel will load it (kernel/user/load.c); what is wrong is better known now.
static void program_check(const char *path, struct bytes program)
{
	struct elf_file elf;
	enum elf_error error = elf_open(program, &elf);
	struct elf_segment segment;

	if (error != ELF_OK)
		die("%s: %s", path, elf_error_text(error));
	if (elf.type != ELF_TYPE_EXEC)
		die("%s: not a static program with fixed addresses (link with -static -no-pie)",
			path);
	for (size_t i = 0; elf_segment(&elf, i, &segment); i++) {
		if (segment.type != ELF_PT_LOAD)
			continue;
		if ((segment.flags & ELF_PF_W) != 0 && (segment.flags & ELF_PF_X) != 0)
			die("%s: the segment at 0x%llx is writable and executable", path,
				(unsigned long long)segment.va);
	}
}

static void service_add(struct region *region, struct boot_service *service, const char *text)
{
	const char *colon = strchr(text, ':');
	char *path = NULL;

	if (colon == NULL)
		die("--service %s: must be PROGRAM:MANIFEST", text);
	path = allocate(1, (size_t)(colon - text) + 1);
	memcpy(path, text, (size_t)(colon - text));
	*service = manifest_read(colon + 1);
	struct bytes program = file_read(path);

	program_check(path, program);
	uint64_t offset = region_take(region, program.size, PAGE_DATA, BOOT_SEGMENT_R);

	memcpy(region->bytes + offset, program.data, program.size);
	service->program = (struct boot_range){region_gpa(offset), program.size};
	free(path);
}

static void pair_check(const struct boot_service *a, const struct boot_service *b)
{
	if (a->protocol == b->protocol)
		die("services %s and %s both serve protocol %u", a->name, b->name, a->protocol);
	if (strcmp(a->name, b->name) == 0)
		die("two services have the name %s: give one another name in its manifest",
			a->name);
	for (size_t i = 0; i < a->object_count; i++) {
		for (size_t j = 0; j < b->object_count; j++) {
			const char *why = objects_conflict(&a->objects[i], &b->objects[j]);

			if (why != NULL)
				die("services %s and %s, objects %zu and %zu: %s", a->name, b->name,
					i, j, why);
		}
	}
}

static void check(const struct region *region, const struct boot_service *table, size_t count)
{
	const struct boot_range *image = &region->info.firmware.image;

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++)
			pair_check(&table[j], &table[i]);
		for (size_t j = 0; j < table[i].object_count; j++) {
			const struct boot_object *object = &table[i].objects[j];

			if (object->kind == BOOT_OBJECT_MMIO &&
				ranges_overlap(
					object->start, object->size, image->gpa, image->size))
				die("service %s, object %zu: there is the firmware: choose the "
				    "range of a device",
					table[i].name, j);
		}
	}
}

static bool name_is_among(const struct boot_service *table, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(table[i].name, name) == 0)
			return true;
	}
	return false;
}

// NULL: all that it calls are there.
static const char *callee_missing(
	const struct boot_service *service, const struct boot_service *table, size_t count)
{
	for (size_t i = 0; i < service->object_count; i++) {
		const struct boot_object *object = &service->objects[i];

		if (object->kind == BOOT_OBJECT_SERVICE &&
			!name_is_among(table, count, object->name))
			return object->name;
	}
	return NULL;
}

static void swap(struct boot_service *a, struct boot_service *b)
{
	struct boot_service service = *a;

	*a = *b;
	*b = service;
}

// Who is called comes before who calls, else in the order of the options. The kernel lets nobody
// call a later one, so a circle cannot be built.
static void sort(struct boot_service *table, size_t count)
{
	for (size_t done = 0; done < count; done++) {
		size_t next = done;

		while (next < count && callee_missing(&table[next], table, done) != NULL)
			next++;
		if (next == count) {
			const char *callee = callee_missing(&table[done], table, done);

			if (name_is_among(table, count, callee))
				die("services call each other in a circle, with %s and %s in it: "
				    "leave one of the calls out of the manifests",
					table[done].name, callee);
			die("service %s calls %s, which is not in the image: add it with "
			    "--service, or take the line out of the manifest",
				table[done].name, callee);
		}
		for (; next > done; next--)
			swap(&table[next], &table[next - 1]);
	}
}

void services_add(struct region *region, const char *const *services, size_t count)
{
	uint64_t size = count * sizeof(struct boot_service);

	if (count == 0)
		return;
	uint64_t offset = region_take(region, size, PAGE_DATA, BOOT_SEGMENT_R);
	struct boot_service *table = (struct boot_service *)(region->bytes + offset);

	for (size_t i = 0; i < count; i++)
		service_add(region, &table[i], services[i]);
	check(region, table, count);
	sort(table, count);
	region->info.services = (struct boot_range){region_gpa(offset), size};
}
