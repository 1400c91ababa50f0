// SPDX-License-Identifier: MIT
#include "kernel/user/namespace.h"

#include "abi/boot.h"
#include "abi/service.h"
#include "kernel/layout.h"
#include "kernel/page.h"
#include "kernel/panic.h"
#include "kernel/user/syscall.h"
#include "lib/secret.h"
#include "lib/string.h"

#define PAGES_MAX (BOOT_NAMESPACE_MAX / PAGE_SIZE)
#define BLOBS_MAX SERVICE_BLOBS_MAX
#define NO_PAGE	  0xffff

struct blob {
	char name[SERVICE_BLOB_NAME_MAX]; // empty: this place is free
	uint32_t size;
	uint16_t first; // page; NO_PAGE: none
};

// Pages are chained: `next` of each is the next page of its blob, or of what is free.
struct namespace
{
	struct blob blobs[BLOBS_MAX];
	void *pages[PAGES_MAX];
	uint16_t next[PAGES_MAX];
	uint16_t page_count;
	uint16_t free_count;
	uint16_t free_first;
};
_Static_assert(sizeof(struct namespace) <= PAGE_SIZE, "one page");

static void page_give(struct namespace *space, uint16_t page)
{
	mem_wipe(space->pages[page], PAGE_SIZE);
	space->next[page] = space->free_first;
	space->free_first = page;
	space->free_count++;
}

static uint16_t page_take(struct namespace *space)
{
	uint16_t page = space->free_first;

	KERNEL_ASSERT(page != NO_PAGE);
	space->free_first = space->next[page];
	space->free_count--;
	return page;
}

struct namespace *namespace_make(uint64_t size)
{
	struct namespace *space = page_alloc();

	if (space == NULL)
		return NULL;
	space->free_first = NO_PAGE;
	for (; space->page_count < size / PAGE_SIZE; space->page_count++) {
		void *page = page_alloc();

		if (page == NULL) {
			namespace_destroy(space);
			return NULL;
		}
		space->pages[space->page_count] = page;
		page_give(space, space->page_count);
	}
	return space;
}

void namespace_destroy(struct namespace *space)
{
	if (space == NULL)
		return;
	for (uint16_t i = 0; i < space->page_count; i++) {
		mem_wipe(space->pages[i], PAGE_SIZE);
		page_free(space->pages[i]);
	}
	page_free(space);
}

// "" finds a free place.
static const struct blob *blob_find(const struct namespace *space, const char *name)
{
	for (size_t i = 0; i < BLOBS_MAX; i++) {
		if (strcmp(space->blobs[i].name, name) == 0)
			return &space->blobs[i];
	}
	return NULL;
}

static struct blob *blob_find_place(struct namespace *space, const char *name)
{
	const struct blob *blob = blob_find(space, name);

	if (blob == NULL)
		blob = blob_find(space, "");
	return blob == NULL ? NULL : &space->blobs[blob - space->blobs];
}

static uint64_t pages_of(uint64_t size)
{
	return ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE;
}

static void blob_clear(struct namespace *space, struct blob *blob)
{
	for (uint64_t i = pages_of(blob->size); i > 0; i--) {
		uint16_t page = blob->first;

		blob->first = space->next[page];
		page_give(space, page);
	}
	mem_wipe(blob, sizeof(*blob));
	blob->first = NO_PAGE;
}

// Afterwards a copy of these bytes cannot fail: nobody else changes the address space.
static bool is_readable(struct user_space *from, uint64_t data, uint64_t size)
{
	for (uint64_t done = 0; done < size; done += PAGE_SIZE - (data + done) % PAGE_SIZE) {
		if (user_space_touch(from, data + done, USER_READ) != OK)
			return false;
	}
	return true;
}

static void blob_fill(struct namespace *space, struct blob *blob, struct user_space *from,
	uint64_t data, uint64_t size)
{
	uint16_t *link = &blob->first;

	for (uint64_t done = 0; done < size; done += PAGE_SIZE) {
		uint16_t page = page_take(space);
		enum error err = user_copy_in(from, space->pages[page], data + done,
			MIN(size - done, (uint64_t)PAGE_SIZE));

		KERNEL_ASSERT(err == OK);
		*link = page;
		link = &space->next[page];
	}
	*link = NO_PAGE;
	blob->size = (uint32_t)size;
}

// All that can fail comes before the old contents go.
int64_t namespace_put(struct namespace *space, const char *name, struct user_space *from,
	uint64_t data, uint64_t size)
{
	struct blob *blob = blob_find_place(space, name);

	if (blob == NULL || size > (uint64_t)space->page_count * PAGE_SIZE ||
		pages_of(size) > pages_of(blob->size) + space->free_count)
		return -LINUX_ENOSPC;
	if (!is_readable(from, data, size))
		return -LINUX_EFAULT;
	blob_clear(space, blob);
	memcpy(blob->name, name, strlen(name));
	blob_fill(space, blob, from, data, size);
	return 0;
}

int64_t namespace_get(const struct namespace *space, const char *name, struct user_space *to,
	uint64_t buffer, uint64_t room)
{
	const struct blob *blob = blob_find(space, name);

	if (blob == NULL)
		return -LINUX_ENOENT;
	uint64_t size = MIN(room, (uint64_t)blob->size);
	uint16_t page = blob->first;

	for (uint64_t done = 0; done < size; done += PAGE_SIZE) {
		if (user_copy_out(to, buffer + done, space->pages[page],
			    MIN(size - done, (uint64_t)PAGE_SIZE)) != OK)
			return -LINUX_EFAULT;
		page = space->next[page];
	}
	return blob->size;
}

int64_t namespace_remove(struct namespace *space, const char *name)
{
	const struct blob *blob = blob_find(space, name);

	if (blob == NULL)
		return -LINUX_ENOENT;
	blob_clear(space, &space->blobs[blob - space->blobs]);
	return 0;
}

int64_t namespace_list(const struct namespace *space, uint64_t index, char *name)
{
	for (size_t i = 0; i < BLOBS_MAX; i++) {
		if (space->blobs[i].name[0] == '\0' || index-- != 0)
			continue;
		memcpy(name, space->blobs[i].name, SERVICE_BLOB_NAME_MAX);
		return space->blobs[i].size;
	}
	return -LINUX_ENOENT;
}
