// SPDX-License-Identifier: MIT
#include "tests/guest-bare/guest.h"

#include "lib/string.h"

uint64_t *list_entries(uint64_t gpa)
{
	return ((struct svsm_pvalidate_list *)private_ptr(gpa))->entry;
}

uint16_t list_next(uint64_t gpa)
{
	return *(volatile uint16_t *)private_ptr(gpa + offsetof(struct svsm_pvalidate_list, next));
}

uint64_t pvalidate_list(uint64_t gpa, uint16_t count, uint16_t next)
{
	struct svsm_pvalidate_list *list = private_ptr(gpa);

	list->count = count;
	list->next = next;
	list->reserved = 0;
	return svsm_core(SVSM_CORE_PVALIDATE, gpa, 0, 0);
}

uint64_t pvalidate_one(uint64_t entry)
{
	uint64_t gpa = svsm_caa_gpa() + offsetof(struct svsm_caa, buffer);

	list_entries(gpa)[0] = entry;
	return pvalidate_list(gpa, 1, 0);
}

static uint64_t page_state(uint64_t gpa, unsigned op, bool large)
{
	struct ghcb *ghcb = ghcb_begin();
	struct psc_header *header = (struct psc_header *)ghcb->shared_buffer;

	*header = (struct psc_header){0};
	*(uint64_t *)(header + 1) =
		gpa | (uint64_t)op << PSC_ENTRY_OP_SHIFT | (large ? PSC_ENTRY_2M : 0);
	GHCB_SET(ghcb, sw_scratch, this_cpu()->ghcb_gpa + offsetof(struct ghcb, shared_buffer));
	return ghcb_exit(ghcb, GHCB_EXIT_PSC, 0, 0).info_2;
}

void need_private(uint64_t gpa, bool large)
{
	if (page_state(gpa, PSC_OP_PRIVATE, large))
		report_abort("page 0x%lx cannot be made private", gpa);
}

void need_valid(uint64_t gpa)
{
	uint64_t code;

	need_private(gpa, false);
	code = pvalidate_one(gpa | VALID);
	if (code)
		report_abort("page 0x%lx cannot be validated: 0x%lx", gpa, code);
}
