// SPDX-License-Identifier: MIT
/*
 * The manifests of services (tools/igvm/services.c). The input is one to three of them, with a zero
 * byte between; the program is always the same. What copra-igvm puts into the image's table is what
 * a second reader makes of the lines, no two services are mixed up, and what is refused has a
 * message.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/program.h"
#include "tests/fuzz/tool.h"
#include "tools/igvm/services.h"

#define MANIFESTS_MAX 3
#define PATH_SIZE     64
#define TEXT_SIZE     256 // longer than any line

static struct bytes manifests[MANIFESTS_MAX];
static size_t count;
static struct region region;

static size_t manifests_cut(const uint8_t *data, size_t size)
{
	size_t n = 0;

	while (n < MANIFESTS_MAX) {
		size_t length = size == 0 ? 0 : strnlen((const char *)data, size);

		// The last one has all the rest.
		if (n == MANIFESTS_MAX - 1)
			length = size;
		manifests[n++] = bytes_make(data, length);
		if (length >= size)
			break;
		data += length + 1;
		size -= length + 1;
	}
	return n;
}

// The file's path, its contents in memory
static void file_fill(int *file, struct bytes contents, char path[PATH_SIZE])
{
	if (*file <= 0)
		*file = memfd_create("manifest", 0);
	FUZZ_CHECK(*file > 0 && ftruncate(*file, 0) == 0);
	FUZZ_CHECK(pwrite(*file, contents.data, contents.size, 0) == (ssize_t)contents.size);
	snprintf(path, PATH_SIZE, "/proc/self/fd/%d", *file);
}

// In the place of a subcommand: program, then manifests.
static int command_services(int argc, char **argv)
{
	static char texts[MANIFESTS_MAX][TEXT_SIZE];
	const char *services[MANIFESTS_MAX];

	for (int i = 2; i < argc; i++) {
		snprintf(texts[i - 2], TEXT_SIZE, "%s:%s", argv[1], argv[i]);
		services[i - 2] = texts[i - 2];
	}
	services_add(&region, services, (size_t)argc - 2);
	return 0;
}

// A second reader: the words of the first line that begins with this one. False: no such line.
static bool manifest_find(struct bytes text, const char *item, char value[TEXT_SIZE])
{
	size_t at = 0;

	while (at < text.size) {
		const char *line = (const char *)text.data + at;
		const char *end = memchr(line, '\n', text.size - at);
		size_t length = end == NULL ? text.size - at : (size_t)(end - line);
		char copy[TEXT_SIZE] = {0};
		char name[TEXT_SIZE];

		at += length + 1;
		memcpy(copy, line, MIN(length, sizeof(copy) - 1));
		copy[strcspn(copy, "#")] = '\0';
		if (sscanf(copy, " %255[^ \t] %255[^ \t]", name, value) == 2 &&
			strcmp(name, item) == 0)
			return true;
	}
	return false;
}

static uint64_t size_of(const char *text)
{
	char *end = NULL;
	uint64_t size = strtoull(text, &end, 0);

	return *end == 'K' ? size << 10 : *end == 'M' ? size << 20 : size;
}

static void check_service(const struct boot_service *service, struct bytes manifest)
{
	size_t length = strnlen(service->name, sizeof(service->name));
	char value[TEXT_SIZE];
	char *end = NULL;

	FUZZ_CHECK(length > 0 && length < sizeof(service->name));
	for (size_t i = 0; i < length; i++)
		FUZZ_CHECK(isalnum((unsigned char)service->name[i]) || service->name[i] == '-');
	FUZZ_CHECK(manifest_find(manifest, "name", value) && strcmp(value, service->name) == 0);
	FUZZ_CHECK(manifest_find(manifest, "protocol", value));
	FUZZ_CHECK(service->protocol != 0 && strtoull(value, &end, 0) == service->protocol);
	FUZZ_CHECK(manifest_find(manifest, "memory", value));
	FUZZ_CHECK(size_of(value) == service->memory && service->memory >= IGVM_PAGE_SIZE);
	FUZZ_CHECK(service->memory <= KERNEL_REGION_SIZE && service->memory % IGVM_PAGE_SIZE == 0);
}

static bool is_inside(struct boot_range range, uint64_t used)
{
	return range.gpa >= KERNEL_GPA && range.gpa % IGVM_PAGE_SIZE == 0 && range.size <= used &&
	       range.gpa - KERNEL_GPA <= used - range.size;
}

// The table has another order than the manifests: who is called comes first.
static struct bytes manifest_of(const struct boot_service *service)
{
	char value[TEXT_SIZE];

	for (size_t i = 0; i < count; i++) {
		if (manifest_find(manifests[i], "name", value) && strcmp(value, service->name) == 0)
			return manifests[i];
	}
	fuzz_fail(__FILE__, __LINE__, "a service without a manifest");
}

static bool is_before(const struct boot_service *table, size_t index, const char *name)
{
	for (size_t i = 0; i < index; i++) {
		if (strcmp(table[i].name, name) == 0)
			return true;
	}
	return false;
}

static bool holds_namespace(const struct boot_service *service, size_t objects, const char *name)
{
	for (size_t i = 0; i < objects; i++) {
		if (service->objects[i].kind == BOOT_OBJECT_NAMESPACE &&
			strcmp(service->objects[i].name, name) == 0)
			return true;
	}
	return false;
}

// Nobody calls a later service, and a namespace is one service's.
static void check_objects(const struct boot_service *table, size_t index)
{
	const struct boot_service *service = &table[index];

	FUZZ_CHECK(service->object_count <= BOOT_OBJECTS_MAX);
	for (size_t i = 0; i < service->object_count; i++) {
		const struct boot_object *object = &service->objects[i];

		FUZZ_CHECK(strnlen(object->name, sizeof(object->name)) < sizeof(object->name));
		FUZZ_CHECK(object->kind != BOOT_OBJECT_SERVICE ||
			   is_before(table, index, object->name));
		if (object->kind != BOOT_OBJECT_NAMESPACE)
			continue;
		FUZZ_CHECK(object->size > 0 && object->size <= BOOT_NAMESPACE_MAX);
		FUZZ_CHECK(!holds_namespace(service, i, object->name));
		for (size_t j = 0; j < index; j++)
			FUZZ_CHECK(
				!holds_namespace(&table[j], table[j].object_count, object->name));
	}
}

static void check_table(void)
{
	const struct boot_range at = region.info.services;
	const struct boot_service *table =
		(const struct boot_service *)(region.bytes + (at.gpa - KERNEL_GPA));

	FUZZ_CHECK(at.size == count * sizeof(*table) && is_inside(at, region.used));
	for (size_t i = 0; i < count; i++) {
		check_service(&table[i], manifest_of(&table[i]));
		check_objects(table, i);
		FUZZ_CHECK(is_inside(table[i].program, region.used));
		for (size_t j = 0; j < i; j++)
			FUZZ_CHECK(table[i].protocol != table[j].protocol &&
				   table[i].program.gpa != table[j].program.gpa);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char paths[MANIFESTS_MAX][PATH_SIZE];
	// More than the table and the programs take
	static uint8_t bytes[16 * IGVM_PAGE_SIZE];
	static int files[MANIFESTS_MAX];
	const char *argv[2 + MANIFESTS_MAX] = {"services", "%FILE"};
	uint8_t program[PROGRAM_SIZE];

	program_make(program);
	memset(bytes, 0, sizeof(bytes));
	region = (struct region){.bytes = bytes};
	count = manifests_cut(data, size);
	for (size_t i = 0; i < count; i++) {
		file_fill(&files[i], manifests[i], paths[i]);
		argv[2 + i] = paths[i];
	}
	if (tool_run(command_services, (int)count + 2, argv, program, sizeof(program)) == 0)
		check_table();
	return 0;
}
