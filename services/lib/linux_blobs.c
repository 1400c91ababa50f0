// SPDX-License-Identifier: MIT
#include "services/lib/linux_blobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abi/service.h"
#include "lib/util.h"

#define PAGE 4096

struct blob {
	char name[SERVICE_BLOB_NAME_MAX]; // empty: this place is free
	uint8_t *data;
	size_t size;
};

struct linux_blobs {
	size_t pages; // that are free
	struct blob blobs[SERVICE_BLOBS_MAX];
};

struct linux_blobs *linux_blobs_make(size_t size)
{
	struct linux_blobs *blobs = calloc(1, sizeof(*blobs));

	if (blobs)
		blobs->pages = size / PAGE;
	return blobs;
}

static struct blob *find(struct linux_blobs *blobs, const char *name)
{
	for (size_t i = 0; i < SERVICE_BLOBS_MAX; i++) {
		if (strcmp(blobs->blobs[i].name, name) == 0)
			return &blobs->blobs[i];
	}
	return NULL;
}

static size_t pages_of(size_t size)
{
	return ALIGN_UP(size, (size_t)PAGE) / PAGE;
}

static void clear(struct linux_blobs *blobs, struct blob *blob)
{
	blobs->pages += pages_of(blob->size);
	free(blob->data);
	*blob = (struct blob){0};
}

static long put(struct linux_blobs *blobs, const char *name, const void *data, size_t size)
{
	struct blob *blob = find(blobs, name);
	uint8_t *copy = malloc(size + 1);

	if (!blob)
		blob = find(blobs, "");
	if (!copy || !blob || pages_of(size) > blobs->pages + pages_of(blob->size)) {
		free(copy);
		return -ENOSPC;
	}
	clear(blobs, blob);
	memcpy(copy, data, size);
	memcpy(blob->name, name, strlen(name));
	blob->data = copy;
	blob->size = size;
	blobs->pages -= pages_of(size);
	return 0;
}

static long list(const struct linux_blobs *blobs, size_t index, char *name)
{
	for (size_t i = 0; i < SERVICE_BLOBS_MAX; i++) {
		if (!blobs->blobs[i].name[0] || index--)
			continue;
		memcpy(name, blobs->blobs[i].name, SERVICE_BLOB_NAME_MAX);
		return (long)blobs->blobs[i].size;
	}
	return -ENOENT;
}

long linux_blobs_call(struct linux_blobs *blobs, long number, const uintptr_t args[4])
{
	const char *name = (const char *)args[1];
	struct blob *blob;

	if (number == SERVICE_CALL_BLOB_LIST)
		return list(blobs, args[1], (char *)args[2]);
	if (!name[0] || strlen(name) >= SERVICE_BLOB_NAME_MAX)
		return -EINVAL;
	if (number == SERVICE_CALL_BLOB_PUT)
		return put(blobs, name, (const void *)args[2], args[3]);
	blob = find(blobs, name);
	if (!blob)
		return -ENOENT;
	if (number == SERVICE_CALL_BLOB_GET) {
		memcpy((void *)args[2], blob->data, MIN(args[3], blob->size));
		return (long)blob->size;
	}
	clear(blobs, blob);
	return 0;
}
