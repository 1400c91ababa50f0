// SPDX-License-Identifier: MIT
// Page state change through the GHCB: a list of up to 253 entries in the shared buffer. Progress is
// written back to the list, so that a guest can go on after an error. Source: AMD document 56421,
// section 4.1.6; error codes as KVM's.
#include "machine/host/ghcb.h"

#define PAGES_PER_LARGE 512u

// One entry as read once. done: pages of it that an earlier call finished.
struct psc_entry {
	uint64_t gpa;
	unsigned op, done, pages;
};

static bool entry_decode(uint64_t raw, struct psc_entry *entry)
{
	entry->gpa = raw & PSC_ENTRY_GFN_MASK;
	entry->op = (raw & PSC_ENTRY_OP_MASK) >> PSC_ENTRY_OP_SHIFT;
	entry->done = raw & PSC_ENTRY_CUR_MASK;
	entry->pages = raw & PSC_ENTRY_2M ? PAGES_PER_LARGE : 1;
	if (entry->done > entry->pages || entry->op < PSC_OP_PRIVATE || entry->op > PSC_OP_UNSMASH)
		return false;
	return entry->pages == 1 || !(entry->gpa & ~LARGE_PAGE_MASK);
}

static uint64_t entry_carry_out(struct psc_entry *entry)
{
	uint64_t error = 0;

	if (entry->done == 0 && entry->pages > 1) {
		error = host_page_state(entry->gpa, true, entry->op);
		if (!error)
			entry->done = entry->pages;
		return error;
	}
	while (entry->done < entry->pages && !error) {
		error = host_page_state(entry->gpa + entry->done * PAGE_SIZE, false, entry->op);
		if (!error)
			entry->done++;
	}
	return error;
}

void ghcb_page_state_change(struct ghcb_exit *e)
{
	volatile struct psc_header *header = ghcb_scratch(e, sizeof(struct psc_header));

	if (!header)
		return;
	volatile uint64_t *entries = (volatile uint64_t *)(header + 1);
	uint64_t room = e->gpa + offsetof(struct ghcb, shared_buffer) + GHCB_SHARED_BUFFER_SIZE -
			e->scratch - sizeof(struct psc_header);
	unsigned index = header->cur_entry;
	unsigned end = header->end_entry;

	if (end >= room / sizeof(uint64_t)) {
		e->result_2 = PSC_ERROR_INVALID_HEADER;
		return;
	}
	for (; index <= end; index++) {
		uint64_t raw = entries[index];
		struct psc_entry entry = {0};
		uint64_t error = 0;

		if (!entry_decode(raw, &entry)) {
			e->result_2 = PSC_ERROR_INVALID_ENTRY;
			return;
		}
		error = entry_carry_out(&entry);
		entries[index] = (raw & ~PSC_ENTRY_CUR_MASK) | entry.done;
		if (error) {
			e->result_2 = PSC_ERROR_GENERIC;
			return;
		}
		header->cur_entry = (uint16_t)(index + 1);
	}
}
