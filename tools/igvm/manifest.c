// SPDX-License-Identifier: MIT
#include "tools/igvm/manifest.h"

#include <ctype.h>
#include <stdlib.h>

#include "abi/service.h"

#define PAGE	 ((uint64_t)IGVM_PAGE_SIZE)
#define LINE_MAX 256

_Noreturn void manifest_refuse(const struct manifest *m, const char *what)
{
	die("%s:%u: %s", m->path, m->line, what);
}

static void item_once(const struct manifest *m, bool *seen)
{
	if (*seen)
		manifest_refuse(m, "this item stands here twice");
	*seen = true;
}

uint64_t manifest_number(const struct manifest *m, const char *text, char **end)
{
	if (!isdigit((unsigned char)*text))
		manifest_refuse(m, "not a number");
	return strtoull(text, end, 0);
}

void manifest_name(const struct manifest *m, const char *value, char *name)
{
	size_t length = strlen(value);

	if (length == 0 || length >= BOOT_SERVICE_NAME_MAX)
		manifest_refuse(m, "a name has 1 to 23 characters");
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)value[i]) && value[i] != '-')
			manifest_refuse(m, "a name has letters, digits and hyphens only");
	}
	// Its last byte was zero, and stays so.
	// NOLINTNEXTLINE(bugprone-not-null-terminated-result)
	memcpy(name, value, length);
}

static void item_name(struct manifest *m, const char *value)
{
	item_once(m, &m->has_name);
	manifest_name(m, value, m->service.name);
}

static void item_protocol(struct manifest *m, const char *value)
{
	char *end = NULL;
	uint64_t protocol = manifest_number(m, value, &end);

	item_once(m, &m->has_protocol);
	// 0 is the core protocol, which the kernel serves.
	if (*end != '\0' || protocol == 0 || protocol >= SERVICE_PROTOCOL_CONTROL)
		manifest_refuse(m, "protocol: a number from 1 to 4294967294");
	m->service.protocol = (uint32_t)protocol;
}

uint64_t manifest_size(const struct manifest *m, const char *value, const char *what)
{
	char *end = NULL;
	uint64_t size = manifest_number(m, value, &end);
	uint64_t unit = *end == 'K' ? 1024 : *end == 'M' ? 1024 * 1024 : 1;

	if ((unit != 1 && *++end != '\0') || (unit == 1 && *end != '\0') ||
		!mul_checked(size, unit, &size))
		manifest_refuse(m, what);
	return size;
}

static void item_memory(struct manifest *m, const char *value)
{
	static const char what[] = "memory: whole pages of 4 KiB, no more than the SVSM has";
	uint64_t size = manifest_size(m, value, what);

	item_once(m, &m->has_memory);
	if (size < PAGE || size > KERNEL_REGION_SIZE || !IS_ALIGNED(size, PAGE))
		manifest_refuse(m, what);
	m->service.memory = size;
}

static void item_reboot(struct manifest *m, const char *value)
{
	item_once(m, &m->has_reboot);
	if (strcmp(value, "reset") == 0)
		m->service.flags |= BOOT_SERVICE_RESET;
	else if (strcmp(value, "keep") != 0)
		manifest_refuse(m, "reboot: reset or keep");
}

// 01234567-89ab-cdef-0123-456789abcdef: the first three numbers are stored little-endian.
static void item_guid(struct manifest *m, const char *value)
{
	static const uint8_t place[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	unsigned int digits = 0;

	item_once(m, &m->has_guid);
	if (strlen(value) != strlen(form))
		manifest_refuse(m, "guid: 01234567-89ab-cdef-0123-456789abcdef");
	for (size_t i = 0; form[i] != '\0'; i++) {
		char digit[2] = {value[i], 0};

		if (form[i] == '-' ? value[i] != '-' : !isxdigit((unsigned char)value[i]))
			manifest_refuse(m, "guid: 01234567-89ab-cdef-0123-456789abcdef");
		if (form[i] == '-')
			continue;
		uint8_t *byte = &m->service.guid[place[digits++ / 2]];

		*byte = (uint8_t)(*byte << 4 | (uint8_t)strtoul(digit, NULL, 16));
	}
}

static void item_debug(struct manifest *m, const char *value)
{
	item_once(m, &m->has_debug);
	if (strcmp(value, "yes") == 0)
		m->service.flags |= BOOT_SERVICE_DEBUG;
	else if (strcmp(value, "no") != 0)
		manifest_refuse(m, "debug: yes or no");
}

static void item_guest(struct manifest *m, const char *value)
{
	item_once(m, &m->has_guest);
	if (strcmp(value, "no") == 0)
		m->service.flags |= BOOT_SERVICE_INTERNAL;
	else if (strcmp(value, "yes") != 0)
		manifest_refuse(m, "guest: yes, or no: the guest may not call it");
}

static bool item_plain(struct manifest *m, char *const *words, size_t count)
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
		{"debug", item_debug},
		{"guest", item_guest},
	};

	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		if (strcmp(words[0], items[i].name) != 0)
			continue;
		if (count != 2)
			manifest_refuse(m, "an item is a name and one value");
		items[i].set(m, words[1]);
		return true;
	}
	return false;
}

static void item(struct manifest *m, char *line)
{
	char *words[MANIFEST_WORDS_MAX] = {0};
	size_t count = 0;

	for (char *word = strtok(line, " \t"); word != NULL; word = strtok(NULL, " \t")) {
		if (count == MANIFEST_WORDS_MAX)
			manifest_refuse(m, "too many words");
		words[count++] = word;
	}
	if (count == 0 || item_plain(m, words, count) || manifest_object(m, words, count))
		return;
	manifest_refuse(m,
		"no such item; there are name, protocol, memory, reboot, guid, debug and "
		"guest, and the objects service, namespace, key and device");
}

struct boot_service manifest_read(const char *path)
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
				manifest_refuse(&m, "the line is too long");
			line[length] = (char)text.data[at + length];
		}
		at += length + 1;
		line[strcspn(line, "#")] = '\0';
		item(&m, line);
	}
	if (!m.has_name || !m.has_protocol || !m.has_memory)
		manifest_refuse(&m, "name, protocol and memory all have to be there");
	if ((m.service.flags & BOOT_SERVICE_INTERNAL) != 0 &&
		m.service.protocol < SERVICE_PROTOCOL_OWN)
		manifest_refuse(
			&m, "guest no: only protocols from 0xc0000000 on can be kept from it");
	return m.service;
}
