// SPDX-License-Identifier: MIT
/*
 * Guest-physical memory is one sparse file. It is mapped as a whole for the fake; the kernel's
 * region is mapped at KERNEL_VA, page by page as tables and RMP allow; and a page of the window at
 * PERCPU_VA is mapped when the kernel first touches it (segv.c), until INVLPG or a write to CR3.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hw/x86.h"
#include "tests/host/fake/internal.h"

#define ALL_VA	     0x310000000000ul
#define WINDOW_PAGES ((PERCPU_VA_END - PERCPU_VA) / PAGE_SIZE)

extern uint8_t kernel_data_end[];

static int memory_fd;
static uint8_t *pristine; // the kernel's data as linked
static uint8_t *saved;	  // the region after boot

// Of the region: what the processor lets the kernel do just now
static uint8_t region_prot[REGION_PAGES];
static uint8_t region_prot_saved[REGION_PAGES];

struct tlb_entry {
	bool used;
	bool mapped; // in this process too
	struct fake_mapping mapping;
};
static struct tlb_entry tlb[WINDOW_PAGES];

static void map_file(uint64_t va, uint64_t size, int prot, uint64_t gpa)
{
	if (mmap((void *)va, size, prot, MAP_SHARED | MAP_FIXED | MAP_NORESERVE, memory_fd,
		    (off_t)gpa) == MAP_FAILED)
		fake_die("mmap of 0x%lx at 0x%lx failed", gpa, va);
}

static void reserve(uint64_t va, uint64_t size)
{
	if (mmap((void *)va, size, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1,
		    0) == MAP_FAILED)
		fake_die("no addresses from 0x%lx", va);
}

// With the red zones between variables, which memcpy() may not read under the sanitizer.
static void copy_data(void *dst, const void *src, size_t size)
{
	__asm__ volatile("rep movsb" : "+D"(dst), "+S"(src), "+c"(size)::"memory");
}

// For the leak checker, which looks through all variables at the end.
static void region_open(void)
{
	ignore_result(mprotect((void *)KERNEL_VA, KERNEL_REGION_SIZE, PROT_READ | PROT_WRITE) == 0);
}

void memory_init(void)
{
	uint64_t data_size = (uint64_t)kernel_data_end - KERNEL_VA;

	memory_fd = memfd_create("guest", 0);
	if (memory_fd < 0 || ftruncate(memory_fd, FAKE_GPA_END) != 0)
		fake_die("no memory file");
	atexit(region_open);
	pristine = malloc(data_size);
	saved = malloc(KERNEL_REGION_SIZE);
	if (pristine == NULL || saved == NULL)
		fake_die("no memory");
	copy_data(pristine, (const void *)KERNEL_VA, data_size);
	reserve(ALL_VA, FAKE_GPA_END);
	map_file(ALL_VA, FAKE_GPA_END, PROT_READ | PROT_WRITE, 0);
	reserve(PERCPU_VA, PERCPU_VA_END - PERCPU_VA);
	map_file(KERNEL_VA, KERNEL_REGION_SIZE, PROT_READ | PROT_WRITE, KERNEL_GPA);
}

uint8_t *fake_ptr(uint64_t gpa)
{
	if (gpa >= FAKE_GPA_END)
		fake_die("no memory at GPA 0x%lx", gpa);
	return (uint8_t *)(ALL_VA + gpa);
}

void memory_mark_written(uint64_t gpa)
{
	if (gpa - KERNEL_GPA < KERNEL_REGION_SIZE)
		return;
	rmp_page_touch(gpa)->flags |= PAGE_WRITTEN;
}

uint8_t *fake_ptr_write(uint64_t gpa, uint64_t size)
{
	for (uint64_t page = ALIGN_DOWN(gpa, PAGE_SIZE); page < gpa + size; page += PAGE_SIZE)
		memory_mark_written(page);
	return fake_ptr(gpa);
}

void memory_restart(void)
{
	memory_tlb_drop();
	memset(fake_ptr(KERNEL_GPA), 0, KERNEL_REGION_SIZE);
	memcpy(fake_ptr(KERNEL_GPA), pristine, (uint64_t)kernel_data_end - KERNEL_VA);
}

static void region_protect(uint64_t first, uint64_t end, int prot)
{
	if (mprotect((void *)(KERNEL_VA + first * PAGE_SIZE), (end - first) * PAGE_SIZE, prot) != 0)
		fake_die("mprotect of the region failed");
	memset(&region_prot[first], prot, end - first);
}

void memory_map_region(uint64_t heap)
{
	uint64_t first = (heap - KERNEL_VA) / PAGE_SIZE;

	region_protect(0, first, PROT_READ | PROT_WRITE);
	region_protect(first, REGION_PAGES, PROT_NONE);
}

void memory_save(void)
{
	memcpy(saved, fake_ptr(KERNEL_GPA), KERNEL_REGION_SIZE);
	memcpy(region_prot_saved, region_prot, sizeof(region_prot));
}

void memory_restore(void)
{
	memory_tlb_drop();
	for (uint64_t i = 0; i < REGION_PAGES; i++) {
		if (region_prot[i] != region_prot_saved[i])
			region_protect(i, i + 1, region_prot_saved[i]);
	}
	// What lies above is mapped nowhere.
	memcpy(fake_ptr(KERNEL_GPA), saved, fake_machine.region_size);
}

bool fake_walk(uint64_t va, struct fake_mapping *mapping)
{
	uint64_t table = fake_cpu()->cr3 & PTE_ADDR_MASK & ~FAKE_CBIT;

	mapping->writable = true;
	for (unsigned int shift = 39;; shift -= 9) {
		uint64_t entry = ((const uint64_t *)fake_ptr(table))[va >> shift & 511];
		bool leaf = shift == 12 || (entry & PTE_PS) != 0;

		if ((entry & PTE_P) == 0)
			return false;
		mapping->writable &= (entry & PTE_W) != 0;
		table = entry & PTE_ADDR_MASK & ~FAKE_CBIT;
		if (leaf) {
			mapping->gpa = table | (va & MASK(shift));
			mapping->encrypted = (entry & FAKE_CBIT) != 0;
			mapping->huge = shift == 21;
			return true;
		}
		// The processor reads tables as private memory.
		if ((entry & FAKE_CBIT) == 0 || (rmp_page(table)->flags & PAGE_VALID) == 0)
			fake_die("page table at 0x%lx is not private and valid", table);
	}
}

static bool va_is_window(uint64_t va)
{
	return va >= PERCPU_VA && va < PERCPU_VA_END;
}

bool fake_va_is_kernel(uint64_t va)
{
	return va_is_window(va) || va - KERNEL_VA < KERNEL_REGION_SIZE;
}

static bool mapping_find(uint64_t va, struct fake_mapping *mapping)
{
	struct tlb_entry *entry = va_is_window(va) ? &tlb[(va - PERCPU_VA) / PAGE_SIZE] : NULL;

	if (entry == NULL)
		return fake_walk(va, mapping);
	if (!entry->used) {
		entry->used = fake_walk(ALIGN_DOWN(va, PAGE_SIZE), &entry->mapping);
		if (!entry->used)
			return false;
	}
	*mapping = entry->mapping;
	mapping->gpa |= va & MASK(PAGE_SHIFT);
	return true;
}

enum fake_access fake_translate(uint64_t va, bool write, uint64_t *gpa)
{
	struct fake_mapping mapping;

	if (!mapping_find(va, &mapping))
		return ACCESS_NOT_MAPPED;
	const struct fake_page *page = rmp_page(mapping.gpa);

	*gpa = mapping.gpa;
	if (write && !mapping.writable)
		return ACCESS_NOT_ALLOWED;
	if (mapping.encrypted)
		return (page->flags & (PAGE_SHARED | PAGE_VALID)) == PAGE_VALID ? ACCESS_OK
										: ACCESS_NOT_VALID;
	if ((page->flags & PAGE_SHARED) == 0)
		fake_die("shared access to the private page 0x%lx", mapping.gpa);
	return ACCESS_OK;
}

// The page is in the TLB, so that the process may reach it until the TLB forgets it.
void memory_tlb_map(uint64_t va)
{
	struct tlb_entry *entry = &tlb[(va - PERCPU_VA) / PAGE_SIZE];

	map_file(ALIGN_DOWN(va, PAGE_SIZE), PAGE_SIZE,
		entry->mapping.writable ? PROT_READ | PROT_WRITE : PROT_READ, entry->mapping.gpa);
	entry->mapped = true;
	if (entry->mapping.writable)
		memory_mark_written(entry->mapping.gpa);
}

static void tlb_drop_range(uint64_t first, uint64_t end)
{
	bool mapped = false;

	for (uint64_t i = first; i < end; i++) {
		mapped |= tlb[i].mapped;
		tlb[i] = (struct tlb_entry){0};
	}
	if (mapped && mmap((void *)(PERCPU_VA + first * PAGE_SIZE), (end - first) * PAGE_SIZE,
			      PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
			      -1, 0) == MAP_FAILED)
		fake_die("the window cannot be unmapped");
}

void memory_tlb_drop(void)
{
	tlb_drop_range(0, WINDOW_PAGES);
}

void memory_tlb_drop_page(uint64_t va)
{
	uint64_t i = (va - PERCPU_VA) / PAGE_SIZE;

	if (!va_is_window(va))
		memory_region_sync(va);
	else if (tlb[i].used && tlb[i].mapping.huge)
		tlb_drop_range(ALIGN_DOWN(i, 512), ALIGN_DOWN(i, 512) + 512);
	else
		tlb_drop_range(i, i + 1);
}

void memory_region_sync(uint64_t va)
{
	uint64_t i = (va - KERNEL_VA) / PAGE_SIZE;
	struct fake_mapping mapping;
	int prot = PROT_NONE;

	if (i >= REGION_PAGES)
		return;
	if (fake_walk(va, &mapping) && mapping.encrypted &&
		(rmp_page(mapping.gpa)->flags & (PAGE_SHARED | PAGE_VALID)) == PAGE_VALID)
		prot = mapping.writable ? PROT_READ | PROT_WRITE : PROT_READ;
	if (region_prot[i] != prot)
		region_protect(i, i + 1, prot);
}
