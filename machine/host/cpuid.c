// SPDX-License-Identifier: MIT
// The CPUID values that this host gives its guest: all that the silicon can do, and that it runs
// under a hypervisor. QEMU's own topology goes through, so that a guest sees the computer that it
// would see without SEV-SNP; the hypervisor leaves are those of pvclock.c.
#include "machine/host/host_plane.h"
#include "machine/host/launch.h"
#include "machine/psp/psp.h"

#define CPUID_1_ECX_HYPERVISOR (1u << 31)
#define HYPERVISOR_FIRST       0x40000000u
#define XSAVE_LEGACY_SIZE      0x240 // size of the area while XCR0 is 1
#define SUBLEAVES_MAX	       32

struct cpuid_regs host_cpuid(struct cpu *cpu, uint32_t leaf, uint32_t sub)
{
	struct cpuid_regs r = {0};

	if (leaf >> 16 == HYPERVISOR_FIRST >> 16) {
		if (!pvclock_cpuid(leaf, &r))
			r = (struct cpuid_regs){0};
		return r;
	}
	r = psp_cpuid_silicon(leaf, sub);
	switch (leaf) {
	case 1:
		r.ecx |= CPUID_1_ECX_HYPERVISOR;
		r.ebx = (r.ebx & 0x00ffffff) | cpu->apic_id << 24;
		break;
	case 0xb:
		r.edx = cpu->apic_id;
		break;
	case 0x8000001e:
		if (r.eax | r.ebx | r.ecx | r.edx)
			r.eax = cpu->apic_id;
		break;
	}
	return r;
}

static bool regs_empty(struct cpuid_regs r)
{
	return !(r.eax | r.ebx | r.ecx | r.edx);
}

// Guests take a leaf that is not in the table for zeros, so zeros need no entry.
static void page_add(struct snp_cpuid_page *page, uint32_t leaf, uint32_t sub, struct cpuid_regs r)
{
	struct snp_cpuid_entry entry = {
		.eax_in = leaf,
		.ecx_in = sub,
		.eax = r.eax,
		.ebx = r.ebx,
		.ecx = r.ecx,
		.edx = r.edx,
	};

	if (regs_empty(r))
		return;
	if (page->count == SNP_CPUID_ENTRIES_MAX) {
		log_warn("CPUID page: no room for leaf 0x%x, subleaf %u", leaf, sub);
		return;
	}
	// Guests work the size out from the components; the firmware wants it for this XCR0.
	if (leaf == 0xd && sub <= 1) {
		entry.ebx = XSAVE_LEGACY_SIZE;
		entry.xcr0_in = 1;
	}
	page->entry[page->count++] = entry;
	log_debug("CPUID %08x.%u: %08x %08x %08x %08x", leaf, sub, entry.eax, entry.ebx, entry.ecx,
		entry.edx);
}

// Whether a leaf's next subleaf has to be looked at after this one
static bool goes_on(uint32_t leaf, uint32_t sub, struct cpuid_regs r, uint32_t last_7)
{
	switch (leaf) {
	case 4: // caches: type 0 ends the list
	case 0x8000001d:
		return (r.eax & 0x1f) != 0;
	case 7:
		return sub < last_7;
	case 0xb: // levels of the topology: type 0 ends the list
		return (r.ecx & 0xff00) != 0;
	case 0xd: // components, with gaps
		return true;
	default:
		return false;
	}
}

static void page_add_leaf(struct snp_cpuid_page *page, uint32_t leaf)
{
	const uint32_t last_7 = leaf == 7 ? psp_cpuid_silicon(7, 0).eax : 0;

	for (uint32_t sub = 0; sub < SUBLEAVES_MAX; sub++) {
		struct cpuid_regs r = host_cpuid(cpus[0], leaf, sub);

		page_add(page, leaf, sub, r);
		if (!goes_on(leaf, sub, r, last_7))
			return;
	}
}

static void page_add_range(struct snp_cpuid_page *page, uint32_t first)
{
	uint32_t last = host_cpuid(cpus[0], first, 0).eax;

	for (uint32_t leaf = first; leaf <= MIN(last, first + 0xff); leaf++)
		page_add_leaf(page, leaf);
}

void host_cpuid_page(struct snp_cpuid_page *page)
{
	memset(page, 0, sizeof(*page));
	// First what guests search for first and most
	page_add_leaf(page, 0x8000001f);
	page_add_range(page, 0);
	for (uint32_t leaf = 0x80000000; leaf <= host_cpuid(cpus[0], 0x80000000, 0).eax; leaf++) {
		if (leaf != 0x8000001f)
			page_add_leaf(page, leaf);
	}
	page_add_range(page, HYPERVISOR_FIRST);
}
