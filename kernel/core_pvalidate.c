// SPDX-License-Identifier: MIT
// SVSM_CORE_PVALIDATE (document 58019, section 6.2).
#include "kernel/core.h"
#include "kernel/guest_memory.h"
#include "kernel/layout.h"
#include "kernel/memmap.h"
#include "kernel/percpu.h"
#include "kernel/reboot.h"
#include "kernel/vcpu.h"

// One decoded entry
struct pvalidate_entry {
	gpa_t page;
	uint32_t page_size; // RMP_PAGE_*
	bool valid;
	bool ignore_unchanged;
};

static uint64_t entry_bytes(const struct pvalidate_entry *entry)
{
	return entry->page_size == RMP_PAGE_2M ? HUGE_PAGE_SIZE : PAGE_SIZE;
}

static MUST_USE enum error entry_decode(uint64_t word, struct pvalidate_entry *entry)
{
	*entry = (struct pvalidate_entry){
		.page = gpa_make(ALIGN_DOWN(word, PAGE_SIZE)),
		.page_size = (uint32_t)(word & SVSM_PVALIDATE_SIZE_MASK),
		.valid = (word & SVSM_PVALIDATE_VALIDATE) != 0,
		.ignore_unchanged = (word & SVSM_PVALIDATE_IGNORE_CF) != 0,
	};

	if ((word & SVSM_PVALIDATE_RSVD_MASK) != 0 || entry->page_size > RMP_PAGE_2M ||
		!gpa_is_aligned(entry->page, entry_bytes(entry)))
		return ERR_INVALID_PARAMETER;
	if (!memmap_is_guest(entry->page, entry_bytes(entry)))
		return ERR_INVALID_ADDRESS;
	return OK;
}

// Under guest_lock, so the page cannot become a VMSA or calling area meanwhile. Those stay what
// they are: the guest deletes or moves them first.
static MUST_USE enum error entry_invoke(const struct pvalidate_entry *entry)
{
	enum error err = OK;

	if (vcpu_uses_page_in(entry->page, entry_bytes(entry)))
		return ERR_INVALID_ADDRESS;
	if (entry->valid)
		err = guest_page_validate(entry->page, entry->page_size, entry->ignore_unchanged);
	else
		err = guest_page_invalidate(entry->page, entry->page_size);
	// A page that had the state already is left alone: above all, not zeroed.
	if (err == ERR_RMP_UNCHANGED && entry->ignore_unchanged)
		return OK;
	return err;
}

static MUST_USE enum error entry_run(uint64_t word)
{
	struct pvalidate_entry entry = {0};
	enum error err = entry_decode(word, &entry);

	if (err != OK)
		return err;
	spinlock_acquire(&guest_lock);
	err = entry_invoke(&entry);
	spinlock_release(&guest_lock);
	return err;
}

// The whole page that holds the list is copied once; the list in guest memory is not read again.
static MUST_USE enum error list_decode(gpa_t gpa, struct svsm_pvalidate_list **result)
{
	uint8_t *copy = this_cpu()->request_buffer;
	size_t room = PAGE_SIZE - gpa_offset(gpa);

	// Eight bytes of the header are always in the page, by the alignment.
	if (!gpa_is_aligned(gpa, 8))
		return ERR_INVALID_PARAMETER;
	enum error err = guest_copy_in(copy, gpa, room);

	if (err != OK)
		return err;
	struct svsm_pvalidate_list *list = (struct svsm_pvalidate_list *)copy;

	if (list->count == 0 || list->next >= list->count ||
		list->count > (room - sizeof(*list)) / sizeof(list->entry[0]))
		return ERR_INVALID_PARAMETER;
	*result = list;
	return OK;
}

enum error core_pvalidate(struct request *request)
{
	gpa_t gpa = gpa_make(request->rcx);
	struct svsm_pvalidate_list *list = NULL;
	enum error err = list_decode(gpa, &list);

	if (err != OK)
		return err;
	while (err == OK && list->next < list->count) {
		// Long lists take longer than a reboot waits for this CPU.
		err = reboot_is_on() ? ERR_SVSM_INCOMPLETE : entry_run(list->entry[list->next]);
		if (err == OK)
			list->next++;
	}
	// Where to go on, or which entry failed. The first error is the one that counts.
	enum error written =
		guest_copy_out(gpa_add(gpa, offsetof(struct svsm_pvalidate_list, next)),
			&list->next, sizeof(list->next));

	return err != OK ? err : written;
}
