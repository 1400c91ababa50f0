// SPDX-License-Identifier: MIT
// As many vCPUs as the SVSM takes, twice: what the first round used is given back.
#include "tests/guest-bare/guest.h"

#define VICTIM	  1 // not running; its CPU gets all the VMSAs
#define PAGES	  FRESH(8)
#define VMSAS_MAX 511 // the first page would be 2 MiB aligned
#define LIST_MAX  509

static uint64_t vmsa_gpa(unsigned i)
{
	return PAGES + (i + 1) * PAGE_SIZE;
}

// Validates or invalidates the pages of all these VMSAs
static void pages_change(unsigned count, uint64_t flags)
{
	for (unsigned first = 0; first < count;) {
		unsigned part = MIN(count - first, (unsigned)LIST_MAX);

		for (unsigned i = 0; i < part; i++)
			list_entries(LIST_GPA)[i] = vmsa_gpa(first + i) | flags;
		if (pvalidate_list(LIST_GPA, (uint16_t)part, 0))
			report_abort("pages for VMSAs: entry %u", list_next(LIST_GPA));
		first += part;
	}
}

static unsigned create_all(uint64_t *code)
{
	unsigned count = 0;

	for (*code = SVSM_SUCCESS; count < VMSAS_MAX; count++) {
		vmsa_prepare(vmsa_gpa(count), VICTIM);
		*code = vcpu_create(vmsa_gpa(count), CAA_TRY_GPA, bare_cpus[VICTIM].apic_id);
		if (*code)
			break;
	}
	return count;
}

static unsigned delete_all(unsigned count)
{
	unsigned deleted = 0;

	for (unsigned i = 0; i < count; i++)
		deleted += vcpu_delete_soon(vmsa_gpa(i));
	return deleted;
}

void test_limits(void)
{
	unsigned first, second;
	uint64_t code;

	if (cpu_count < 2) {
		report_skip("one CPU");
		return;
	}
	need_private(PAGES, true);
	pages_change(VMSAS_MAX, VALID);
	first = create_all(&code);
	report_note("%u VMSAs for one CPU", first);
	expect_true(first > 0 && (first == VMSAS_MAX || code == SVSM_ERR_INVALID_REQUEST),
		"VMSAs up to the SVSM's limit, the next one is refused (0x%lx)", code);
	expect(delete_all(first), first, "all are deleted");
	second = create_all(&code);
	expect(second, first, "as many as before: nothing was lost");
	expect(delete_all(second), second, "and deleted");
	pages_change(VMSAS_MAX, 0);
}
