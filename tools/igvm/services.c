// SPDX-License-Identifier: MIT
#include "tools/igvm/services.h"

#include <ctype.h>
#include <stdlib.h>

#include "abi/service.h"

#define PAGE	 ((uint64_t)IGVM_PAGE_SIZE)
#define LINE_MAX 256

struct manifest {
	const char *path;
	unsigned int line;
	struct boot_service service;
	bool has_name, has_protocol, has_memory, has_reboot, has_guid;
};

static _Noreturn void refuse(const struct manifest *m, const char *what)
{
	die("%s:%u: %s", m->path, m->line, what);
}

static void item_once(const struct manifest *m, bool *seen)
{
	if (*seen)
		refuse(m, "this item stands here twice");
	*seen = true;
}

static uint64_t number(const struct manifest *m, const char *text, char **end)
{
	if (!isdigit((unsigned char)*text))
		refuse(m, "not a number");
	return strtoull(text, end, 0);
}

static void item_name(struct manifest *m, const char *value)
{
	size_t length = strlen(value);

	item_once(m, &m->has_name);
	if (length == 0 || length >= sizeof(m->service.name))
		refuse(m, "a name has 1 to 23 characters");
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)value[i]) && value[i] != '-')
			refuse(m, "a name has letters, digits and hyphens only");
	}
	memcpy(m->service.name, value, length);
}

static void item_protocol(struct manifest *m, const char *value)
{
	char *end = NULL;
	uint64_t protocol = number(m, value, &end);

	item_once(m, &m->has_protocol);
	// 0 is the core protocol, which the kernel serves.
	if (*end != '\0' || protocol == 0 || protocol >= SERVICE_PROTOCOL_CONTROL)
		refuse(m, "protocol: a number from 1 to 4294967294");
	m->service.protocol = (uint32_t)protocol;
}

static void item_memory(struct manifest *m, const char *value)
{
	char *end = NULL;
	uint64_t size = number(m, value, &end);
	uint64_t unit = *end == 'K' ? 1024 : *end == 'M' ? 1024 * 1024 : 1;

	item_once(m, &m->has_memory);
	if ((unit != 1 && *++end != '\0') || (unit == 1 && *end != '\0') ||
		!mul_checked(size, unit, &size) || size < PAGE || size > KERNEL_REGION_SIZE ||
		!IS_ALIGNED(size, PAGE))
		refuse(m, "memory: whole pages of 4 KiB, no more than the SVSM has");
	m->service.memory = size;
}

static void item_reboot(struct manifest *m, const char *value)
{
	item_once(m, &m->has_reboot);
	if (strcmp(value, "reset") == 0)
		m->service.flags |= BOOT_SERVICE_RESET;
	else if (strcmp(value, "keep") != 0)
		refuse(m, "reboot: reset or keep");
}

// 01234567-89ab-cdef-0123-456789abcdef: the first three numbers are stored little-endian.
static void item_guid(struct manifest *m, const char *value)
{
	static const uint8_t place[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	unsigned int digits = 0;

	item_once(m, &m->has_guid);
	if (strlen(value) != strlen(form))
		refuse(m, "guid: 01234567-89ab-cdef-0123-456789abcdef");
	for (size_t i = 0; form[i] != '\0'; i++) {
		char digit[2] = {value[i], 0};

		if (form[i] == '-' ? value[i] != '-' : !isxdigit((unsigned char)value[i]))
			refuse(m, "guid: 01234567-89ab-cdef-0123-456789abcdef");
		if (form[i] == '-')
			continue;
		uint8_t *byte = &m->service.guid[place[digits++ / 2]];

		*byte = (uint8_t)(*byte << 4 | (uint8_t)strtoul(digit, NULL, 16));
	}
}

static void item(struct manifest *m, char *line)
{
	static const struct {
		const char *name;
		void (*set)(struct manifest *m, const char *value);
	} items[] = {
		{"name", item_name},
		{"protocol", item_protocol},
		{"memory", item_memory},
		{"reboot", item_reboot},
		{"guid", item_guid},
	};
	char *name = strtok(line, " \t");
	char *value = strtok(NULL, " \t");

	if (name == NULL)
		return;
	if (value == NULL || strtok(NULL, " \t") != NULL)
		refuse(m, "an item is a name and one value");
	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		if (strcmp(name, items[i].name) == 0) {
			items[i].set(m, value);
			return;
		}
	}
	refuse(m, "no such item; there are name, protocol, memory, reboot and guid");
}

static struct boot_service manifest_read(const char *path)
{
	struct manifest m = {.path = path};
	struct bytes text = file_read(path);
	size_t at = 0;

	while (at < text.size) {
		char line[LINE_MAX] = {0};
		size_t length = 0;

		m.line++;
		for (; at + length < text.size && text.data[at + length] != '\n'; length++) {
			if (length == sizeof(line) - 1)
				refuse(&m, "the line is too long");
			line[length] = (char)text.data[at + length];
		}
		at += length + 1;
		line[strcspn(line, "#")] = '\0';
		item(&m, line);
	}
	if (!m.has_name || !m.has_protocol || !m.has_memory)
		refuse(&m, "name, protocol and memory all have to be there");
	return m.service;
}

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

static void protocols_check(const struct boot_service *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (table[i].protocol == table[j].protocol)
				die("services %s and %s both serve protocol %u", table[j].name,
					table[i].name, table[i].protocol);
		}
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
	protocols_check(table, count);
	region->info.services = (struct boot_range){region_gpa(offset), size};
}
