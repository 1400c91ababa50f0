// SPDX-License-Identifier: MIT
#include "kernel/page.h"

#include "kernel/bootinfo.h"
#include "kernel/layout.h"
#include "kernel/panic.h"
#include "kernel/section.h"
#include "kernel/spinlock.h"
#include "lib/string.h"

#define NO_PAGE UINT16_MAX

enum page_state {
	PAGE_ABSENT, // not handed over
	PAGE_FREE,   // first of a free block of 2^order pages
	PAGE_TAIL,   // inside a block
	PAGE_USED,   // first of an allocated block
};

struct page {
	uint8_t state;
	uint8_t order;
	uint16_t next; // of the list of free blocks of this order
	uint16_t prev;
};

static struct spinlock page_lock = SPINLOCK(LOCK_PAGE);

static gpa_t heap_start RO_AFTER_INIT;
static uint32_t heap_pages RO_AFTER_INIT;
static struct page *pages RO_AFTER_INIT; // one each, at the start of the heap

// under page_lock
static uint16_t free_lists[PAGE_ORDER_MAX + 1];
static uint64_t free_count;
static uint64_t total_count;

size_t page_bookkeeping_size(gpa_t start, gpa_t end)
{
	size_t size = gpa_distance(start, end) / PAGE_SIZE * sizeof(struct page);

	return ALIGN_UP(size, PAGE_SIZE);
}

void page_init(gpa_t start, gpa_t end)
{
	uint64_t count = gpa_distance(start, end) / PAGE_SIZE;

	KERNEL_ASSERT(count < NO_PAGE);
	heap_start = start;
	heap_pages = (uint32_t)count;
	pages = kernel_ptr(start);
	memset(pages, 0, count * sizeof(*pages));
	for (unsigned int i = 0; i <= PAGE_ORDER_MAX; i++)
		free_lists[i] = NO_PAGE;
}

// The number of the page in the whole guest, so that blocks are aligned in memory.
static uint32_t page_absolute(uint32_t index)
{
	return (uint32_t)gpa_page(heap_start) + index;
}

static void list_push(uint16_t index, unsigned int order)
{
	struct page *p = &pages[index];

	*p = (struct page){
		.state = PAGE_FREE,
		.order = (uint8_t)order,
		.next = free_lists[order],
		.prev = NO_PAGE,
	};
	if (p->next != NO_PAGE)
		pages[p->next].prev = index;
	free_lists[order] = index;
}

static void list_remove(uint16_t index)
{
	struct page *p = &pages[index];

	if (p->prev == NO_PAGE)
		free_lists[p->order] = p->next;
	else
		pages[p->prev].next = p->next;
	if (p->next != NO_PAGE)
		pages[p->next].prev = p->prev;
	p->state = PAGE_TAIL;
}

// Gives a block back, joined with its free neighbours.
static void block_free(uint32_t index, unsigned int order)
{
	free_count += BIT(order);
	while (order < PAGE_ORDER_MAX) {
		uint32_t buddy = (page_absolute(index) ^ 1u << order) - page_absolute(0);

		// Below the heap wraps to a large number.
		if (buddy >= heap_pages || pages[buddy].state != PAGE_FREE ||
			pages[buddy].order != order)
			break;
		list_remove((uint16_t)buddy);
		pages[index].state = PAGE_TAIL;
		index = MIN(index, buddy);
		order++;
	}
	list_push((uint16_t)index, order);
}

void page_add(gpa_t start, uint64_t size)
{
	uint32_t first = (uint32_t)(gpa_distance(heap_start, start) / PAGE_SIZE);
	uint32_t count = (uint32_t)(size / PAGE_SIZE);

	KERNEL_ASSERT(first + count <= heap_pages);
	spinlock_acquire(&page_lock);
	for (uint32_t i = first; i < first + count; i++) {
		KERNEL_ASSERT(pages[i].state == PAGE_ABSENT);
		block_free(i, 0);
	}
	total_count += count;
	spinlock_release(&page_lock);
}

// Takes a block of at least this order and gives the rest back. NO_PAGE: none.
static uint16_t block_take(unsigned int order)
{
	unsigned int have = order;

	while (have <= PAGE_ORDER_MAX && free_lists[have] == NO_PAGE)
		have++;
	if (have > PAGE_ORDER_MAX)
		return NO_PAGE;
	uint16_t index = free_lists[have];

	list_remove(index);
	while (have > order) {
		have--;
		list_push((uint16_t)(index + BIT(have)), have);
	}
	pages[index] = (struct page){.state = PAGE_USED, .order = (uint8_t)order};
	free_count -= BIT(order);
	return index;
}

void *page_alloc_order(unsigned int order)
{
	if (order > PAGE_ORDER_MAX)
		return NULL;
	spinlock_acquire(&page_lock);
	uint16_t index = block_take(order);
	spinlock_release(&page_lock);
	if (index == NO_PAGE)
		return NULL;
	void *page = kernel_ptr(gpa_add(heap_start, (uint64_t)index * PAGE_SIZE));

	memset(page, 0, PAGE_SIZE << order);
	return page;
}

void page_free_order(void *page, unsigned int order)
{
	uint64_t index = gpa_distance(heap_start, kernel_gpa(page)) / PAGE_SIZE;

	KERNEL_ASSERT(index < heap_pages && IS_ALIGNED((uint64_t)page, PAGE_SIZE));
	spinlock_acquire(&page_lock);
	KERNEL_ASSERT(pages[index].state == PAGE_USED && pages[index].order == order);
	block_free((uint32_t)index, order);
	spinlock_release(&page_lock);
}

uint64_t page_count_free(void)
{
	spinlock_acquire(&page_lock);
	uint64_t count = free_count;
	spinlock_release(&page_lock);
	return count;
}

uint64_t page_count_total(void)
{
	return total_count;
}
