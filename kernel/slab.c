// SPDX-License-Identifier: MIT
#include "kernel/slab.h"

#include "kernel/layout.h"
#include "kernel/page.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "lib/string.h"

#define SLAB_MAGIC	 0x51ab51ab
#define SLAB_CLASS_COUNT 6 // 32, 64, .. 1024 bytes
#define SLAB_CLASS_MIN	 32
#define SLAB_HEADER_SIZE 64

// At the start of each page. A set bit in `used`: that object is allocated; so a free of something
// that is not allocated is found, and no list of free objects can be damaged by their users.
struct slab {
	uint32_t magic;
	uint8_t class;
	uint16_t used_count;
	struct slab *next; // of the list of slabs of its class that have room
	struct slab *prev;
	uint64_t used[2]; // (4096 - 64) / 32 = 126 objects at most
};
_Static_assert(sizeof(struct slab) <= SLAB_HEADER_SIZE, "SLAB_HEADER_SIZE");

static struct spinlock slab_lock = SPINLOCK(LOCK_SLAB);

// under slab_lock
static struct slab *with_room[SLAB_CLASS_COUNT];
static uint64_t used_count;

static size_t class_size(unsigned int class)
{
	return (size_t)SLAB_CLASS_MIN << class;
}

static unsigned int class_capacity(unsigned int class)
{
	return (unsigned int)((PAGE_SIZE - SLAB_HEADER_SIZE) / class_size(class));
}

static void list_push(struct slab *slab)
{
	slab->prev = NULL;
	slab->next = with_room[slab->class];
	if (slab->next != NULL)
		slab->next->prev = slab;
	with_room[slab->class] = slab;
}

static void list_remove(struct slab *slab)
{
	if (slab->prev == NULL)
		with_room[slab->class] = slab->next;
	else
		slab->prev->next = slab->next;
	if (slab->next != NULL)
		slab->next->prev = slab->prev;
}

static struct slab *slab_create(unsigned int class)
{
	struct slab *slab = page_alloc();

	if (slab == NULL)
		return NULL;
	slab->magic = SLAB_MAGIC;
	slab->class = (uint8_t) class;
	list_push(slab);
	return slab;
}

// The caller knows that there is one.
static void *slab_take(struct slab *slab)
{
	unsigned int i = 0;

	while ((slab->used[i / 64] >> i % 64 & 1) != 0)
		i++;
	slab->used[i / 64] |= BIT(i % 64);
	slab->used_count++;
	if (slab->used_count == class_capacity(slab->class))
		list_remove(slab);
	used_count++;
	return (uint8_t *)slab + SLAB_HEADER_SIZE + i * class_size(slab->class);
}

void *slab_alloc(size_t size)
{
	unsigned int class = 0;

	if (size > SLAB_SIZE_MAX)
		return NULL;
	while (class_size(class) < size)
		class ++;
	spinlock_acquire(&slab_lock);
	struct slab *slab = with_room[class];

	if (slab == NULL)
		slab = slab_create(class);
	void *object = slab == NULL ? NULL : slab_take(slab);

	spinlock_release(&slab_lock);
	if (object != NULL)
		memset(object, 0, class_size(class));
	return object;
}

void slab_free(void *object)
{
	if (object == NULL)
		return;
	struct slab *slab = (struct slab *)ALIGN_DOWN((uint64_t)object, PAGE_SIZE);

	spinlock_acquire(&slab_lock);
	KERNEL_ASSERT(slab->magic == SLAB_MAGIC);
	size_t offset = (size_t)((uint8_t *)object - (uint8_t *)slab) - SLAB_HEADER_SIZE;
	size_t i = offset / class_size(slab->class);

	KERNEL_ASSERT(offset % class_size(slab->class) == 0 && i < class_capacity(slab->class));
	KERNEL_ASSERT((slab->used[i / 64] >> i % 64 & 1) != 0);
	if (slab->used_count == class_capacity(slab->class))
		list_push(slab);
	slab->used[i / 64] &= ~BIT(i % 64);
	slab->used_count--;
	used_count--;
	bool empty = slab->used_count == 0;

	if (empty)
		list_remove(slab);
	spinlock_release(&slab_lock);
	if (empty)
		page_free(slab);
}

uint64_t slab_count_used(void)
{
	spinlock_acquire(&slab_lock);
	uint64_t count = used_count;
	spinlock_release(&slab_lock);
	return count;
}
