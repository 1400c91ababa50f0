// SPDX-License-Identifier: MIT
#include "kernel/snp/mmio.h"

#include "kernel/pagetable.h"
#include "kernel/snp/ghcb.h"

static MUST_USE enum error translate(vaddr_t va, gpa_t *gpa)
{
	uint64_t entry = pagetable_translate(vaddr_value(va), gpa);

	if ((entry & PTE_P) == 0 || (entry & pagetable_cbit()) != 0)
		return ERR_INVALID_ADDRESS;
	return OK;
}

enum error snp_mmio_read(vaddr_t va, unsigned int size, uint64_t *value)
{
	gpa_t gpa = {0};
	enum error err = translate(va, &gpa);

	if (err != OK)
		return err;
	return ghcb_mmio_read(gpa, size, value);
}

enum error snp_mmio_write(vaddr_t va, unsigned int size, uint64_t value)
{
	gpa_t gpa = {0};
	enum error err = translate(va, &gpa);

	if (err != OK)
		return err;
	return ghcb_mmio_write(gpa, size, value);
}
