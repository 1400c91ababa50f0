// SPDX-License-Identifier: MIT
#include "kernel/percpu.h"

#include "hw/x86.h"
#include "kernel/bootinfo.h"
#include "kernel/cpu.h"
#include "kernel/page.h"
#include "kernel/pagetable.h"
#include "kernel/platform.h"
#include "kernel/section.h"
#include "kernel/trap.h"
#include "lib/string.h"

// Before there is a heap the boot CPU needs a window: these pages of the image are it.
static uint64_t boot_root[512] PAGE_ALIGNED_BSS;
static uint64_t boot_pdpt[512] PAGE_ALIGNED_BSS;
static uint64_t boot_pd[512] PAGE_ALIGNED_BSS;
static uint64_t boot_pt[512] PAGE_ALIGNED_BSS;
static uint8_t boot_struct[PERCPU_STRUCT_PAGES * PAGE_SIZE] PAGE_ALIGNED_BSS;

#define PTE_TABLE (PTE_P | PTE_W | PTE_A)

static void window_link(uint64_t *root, uint64_t *pdpt, uint64_t *pd, uint64_t *pt)
{
	const uint64_t *shared = bootinfo_ptr(bootinfo()->page_root_gpa);

	root[KERNEL_ROOT_INDEX] = shared[KERNEL_ROOT_INDEX];
	root[PERCPU_ROOT_INDEX] = pagetable_entry(kernel_gpa(pdpt), PTE_TABLE);
	pdpt[0] = pagetable_entry(kernel_gpa(pd), PTE_TABLE);
	pd[0] = pagetable_entry(kernel_gpa(pt), PTE_TABLE);
}

static void window_map_struct(uint64_t *pt, uint8_t *pages)
{
	for (unsigned int i = 0; i < PERCPU_STRUCT_PAGES; i++) {
		pt[PERCPU_STRUCT_PAGE + i] =
			pagetable_entry(kernel_gpa(pages + i * PAGE_SIZE), PTE_DATA);
		pagetable_unmap(pages + i * PAGE_SIZE);
	}
}

static uint64_t segment_descriptor(uint64_t access, uint64_t flags)
{
	return access << 40 | flags << 52 | 0x000f00000000ffff;
}

static void percpu_fill(struct percpu *p)
{
	uint64_t tss = PERCPU_VA + offsetof(struct percpu, tss);

	p->gdt[SEL_CODE / 8] = segment_descriptor(0x9b, 0xa);
	p->gdt[SEL_DATA / 8] = segment_descriptor(0x93, 0xc);
	p->gdt[SEL_UDATA / 8] = segment_descriptor(0xf3, 0xc);
	p->gdt[SEL_UCODE / 8] = segment_descriptor(0xfb, 0xa);
	// available 64-bit TSS, APM 2 section 4.8.3
	p->gdt[SEL_TSS / 8] = (sizeof(struct tss) - 1) | (tss & 0xffffff) << 16 |
			      (uint64_t)0x89 << 40 | (tss >> 24 & 0xff) << 56;
	p->gdt[SEL_TSS / 8 + 1] = tss >> 32;
	p->tss.rsp[0] = USER_FRAME_END;
	p->tss.ist[IST_VC - 1] = STACK_VC_TOP;
	p->tss.ist[IST_HV - 1] = STACK_HV_TOP;
	p->tss.ist[IST_DF - 1] = STACK_DF_TOP;
	p->tss.ist[IST_NMI - 1] = STACK_NMI_TOP;
	p->tss.io_map_base = sizeof(struct tss);
}

static uint8_t *boot_stack_page(unsigned int i)
{
	_Static_assert(BOOT_STACK_SIZE == STACK_MAIN_PAGES * PAGE_SIZE, "one becomes the other");
	return (uint8_t *)bootinfo()->stack_top_va - BOOT_STACK_SIZE + i * PAGE_SIZE;
}

// Mapped twice until percpu_drop_boot_stack: it is in use.
static void window_map_boot_stack(uint64_t *pt)
{
	for (unsigned int i = 0; i < STACK_MAIN_PAGES; i++)
		pt[STACK_MAIN_PAGE + i] = pagetable_entry(kernel_gpa(boot_stack_page(i)), PTE_DATA);
}

void percpu_drop_boot_stack(void)
{
	for (unsigned int i = 0; i < STACK_MAIN_PAGES; i++)
		pagetable_unmap(boot_stack_page(i));
}

void percpu_init_boot(void)
{
	struct percpu *p = (struct percpu *)boot_struct;

	window_link(boot_root, boot_pdpt, boot_pd, boot_pt);
	// The entry page stays mapped 1:1 no longer than this.
	p->root = kernel_gpa(boot_root);
	p->pd = boot_pd;
	p->pt = boot_pt;
	percpu_fill(p);
	window_map_struct(boot_pt, boot_struct);
	window_map_boot_stack(boot_pt);
	cpu_write_cr3(gpa_value(kernel_gpa(boot_root)) | pagetable_cbit());
}

static MUST_USE enum error window_add_stack(uint64_t *pt, unsigned int first, unsigned int count)
{
	for (unsigned int i = first; i < first + count; i++) {
		void *page = page_alloc();

		if (page == NULL)
			return ERR_NO_MEMORY;
		pt[i] = pagetable_entry(kernel_gpa(page), PTE_DATA);
		pagetable_unmap(page);
	}
	return OK;
}

static MUST_USE enum error window_add_shared(uint64_t *pt, unsigned int index, gpa_t *gpa)
{
	void *page = page_alloc();

	if (page == NULL)
		return ERR_NO_MEMORY;
	*gpa = kernel_gpa(page);
	enum error err = platform_share_page(*gpa);

	if (err != OK)
		return err;
	pagetable_unmap(page);
	pt[index] = pagetable_entry_shared(*gpa);
	return OK;
}

// The stacks of exceptions, and the pages shared with the host.
static MUST_USE enum error window_add_common(uint64_t *pt, gpa_t *ghcb, gpa_t *doorbell)
{
	static const struct {
		uint8_t first;
		uint8_t count;
	} stacks[] = {
		{STACK_VC_PAGE, STACK_VC_PAGES},
		{STACK_HV_PAGE, STACK_HV_PAGES},
		{STACK_DF_PAGE, STACK_DF_PAGES},
		{STACK_NMI_PAGE, STACK_NMI_PAGES},
	};

	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++) {
		enum error err = window_add_stack(pt, stacks[i].first, stacks[i].count);

		if (err != OK)
			return err;
	}
	enum error err = window_add_shared(pt, GHCB_PAGE, ghcb);

	if (err != OK)
		return err;
	return window_add_shared(pt, DOORBELL_PAGE, doorbell);
}

enum error percpu_complete_boot(void)
{
	struct percpu *p = this_cpu();

	return window_add_common(p->pt, &p->ghcb_gpa, &p->doorbell_gpa);
}

enum error percpu_create(struct cpu *cpu, gpa_t *root)
{
	uint64_t *tables[4] = {NULL};
	uint8_t *pages = page_alloc_order(1);
	struct percpu *p = (struct percpu *)pages;

	_Static_assert(PERCPU_STRUCT_PAGES == 2, "order 1");
	if (pages == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		tables[i] = page_alloc();
		if (tables[i] == NULL)
			return ERR_NO_MEMORY;
	}
	window_link(tables[0], tables[1], tables[2], tables[3]);
	p->cpu = cpu;
	p->root = kernel_gpa(tables[0]);
	p->pd = tables[2];
	p->pt = tables[3];
	percpu_fill(p);
	*root = p->root;
	enum error err = window_add_stack(p->pt, STACK_MAIN_PAGE, STACK_MAIN_PAGES);

	if (err == OK)
		err = window_add_common(p->pt, &p->ghcb_gpa, &p->doorbell_gpa);
	// The last use of the shared mapping.
	window_map_struct(p->pt, pages);
	return err;
}

void percpu_load_tables(void)
{
	struct cpu_table_pointer pointer = {
		.limit = sizeof(this_cpu()->gdt) - 1,
		.base = (uint64_t)this_cpu()->gdt,
	};

	cpu_load_gdt(&pointer);
	cpu_load_tr(SEL_TSS);
	trap_load();
}
