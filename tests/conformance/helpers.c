// SPDX-License-Identifier: MIT
#include "tests/conformance/conformance.h"

uint64_t rmp_value(struct rmp_result r)
{
	if (r.vector != TRAP_NONE)
		return RAISED((uint64_t)r.vector, r.error);
	return r.code | (r.carry ? CARRY : 0);
}

void pvalidate_rows(const struct rmp_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect(rmp_value(pvalidate(rows[i].va, rows[i].size, rows[i].rdx)), rows[i].want,
			"%s", rows[i].name);
}

// RMPADJUST leaves the carry flag alone, and it was set before.
void rmpadjust_rows(const struct rmp_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect(rmp_value(rmpadjust(rows[i].va, rows[i].size, rows[i].rdx)) &
				~(uint64_t)CARRY,
			rows[i].want, "%s", rows[i].name);
}

void need_private(uint64_t gpa)
{
	if (!ghcb_page_state(gpa, PSC_OP_PRIVATE))
		report_abort("page 0x%lx cannot be made private", gpa);
}

void need_shared(uint64_t gpa)
{
	if (!ghcb_page_state(gpa, PSC_OP_SHARED))
		report_abort("page 0x%lx cannot be made shared", gpa);
}

void need_valid(uint64_t gpa)
{
	struct rmp_result r;

	need_private(gpa);
	r = pvalidate(gpa, RMP_PAGE_4K, 1);
	if (rmp_value(r) != RMP_SUCCESS)
		report_abort("page 0x%lx cannot be validated: 0x%lx", gpa, rmp_value(r));
}

uint64_t psc_one(uint64_t gpa, unsigned op, bool large)
{
	struct ghcb *ghcb = ghcb_begin();
	struct psc_header *header = (struct psc_header *)ghcb->shared_buffer;
	uint64_t *entry = (uint64_t *)(header + 1);

	*header = (struct psc_header){0};
	*entry = gpa | (uint64_t)op << PSC_ENTRY_OP_SHIFT | (large ? PSC_ENTRY_2M : 0);
	GHCB_SET(ghcb, sw_scratch, BARE_GHCB_GPA(0) + offsetof(struct ghcb, shared_buffer));
	return ghcb_exit(ghcb, GHCB_EXIT_PSC, 0, 0).info_2;
}

void need_valid_large(uint64_t gpa)
{
	if (psc_one(gpa, PSC_OP_PRIVATE, true) ||
		rmp_value(pvalidate(gpa, RMP_PAGE_2M, 1)) != RMP_SUCCESS)
		report_abort("2 MiB page 0x%lx cannot be validated", gpa);
}
