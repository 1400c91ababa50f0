// SPDX-License-Identifier: MIT
#include "kernel/user/key.h"

#include <stdatomic.h>

#include "kernel/user/random.h"
#include "lib/secret.h"
#include "lib/string.h"

#define KEYS_MAX ((size_t)BOOT_SERVICES_MAX * BOOT_OBJECTS_MAX)

struct key {
	char name[BOOT_SERVICE_NAME_MAX]; // empty: this place is free
	atomic_uint holders;
	uint8_t value[BOOT_KEY_SIZE];
};

static struct key keys[KEYS_MAX];

struct key *key_find(const char *name)
{
	for (size_t i = 0; i < KEYS_MAX; i++) {
		if (keys[i].name[0] == '\0')
			memcpy(keys[i].name, name, MIN(strlen(name), sizeof(keys[i].name) - 1));
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	}
	return NULL;
}

bool key_hold(struct key *key)
{
	if (atomic_load(&key->holders) == 0 && !random_bytes(key->value, sizeof(key->value)))
		return false;
	atomic_fetch_add(&key->holders, 1);
	return true;
}

void key_drop(struct key *key)
{
	if (atomic_fetch_sub(&key->holders, 1) == 1)
		mem_wipe(key->value, sizeof(key->value));
}

const uint8_t *key_value(const struct key *key)
{
	return key->value;
}
