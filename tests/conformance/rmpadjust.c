// SPDX-License-Identifier: MIT
// RMPADJUST and RMPQUERY at VMPL0. Source: APM volume 3; volume 2, section 15.36.7.
#include "tests/conformance/conformance.h"

#define SMALL REGION(3)
#define LARGE REGION(4)
#define QUERY REGION(5)
#define RWX   RMP_PERM_RWX
#define VMSA  RMPADJUST_VMSA

static const struct rmp_row small_rows[] = {
	{"VMPL1 all permissions", SMALL, 0, RMPADJUST_RDX(1, RWX), RMP_SUCCESS},
	{"VMPL3 none", SMALL, 0, RMPADJUST_RDX(3, 0), RMP_SUCCESS},
	{"own VMPL", SMALL, 0, RMPADJUST_RDX(0, RWX), RMP_FAIL_PERMISSION},
	{"VMPL4", SMALL, 0, RMPADJUST_RDX(4, RWX), RMP_FAIL_INPUT},
	{"VMPL255", SMALL, 0, RMPADJUST_RDX(255, RWX), RMP_FAIL_INPUT},
	{"unknown permission bit", SMALL, 0, RMPADJUST_RDX(1, 0x80), RMP_FAIL_INPUT},
	{"reserved bit of RDX", SMALL, 0, RMPADJUST_RDX(1, RWX) | 1ull << 20, RMP_FAIL_INPUT},
	{"page size 2", SMALL, 2, RMPADJUST_RDX(1, RWX), RMP_FAIL_INPUT},
	{"2 MiB, address not aligned", SMALL + 0x1000, 1, RMPADJUST_RDX(1, RWX), RMP_FAIL_INPUT},
	{"2 MiB over 4 KiB entries", SMALL, 1, RMPADJUST_RDX(1, RWX), RMP_FAIL_SIZEMISMATCH},
	{"shared mapping", SMALL + BARE_SHARED_VA, 0, RMPADJUST_RDX(1, RWX), RMP_FAIL_INPUT},
	{"address without translation", UNMAPPED_VA, 0, RMPADJUST_RDX(1, 0), RAISED(VEC_PF, 0)},
	{"page that is not validated", SMALL + 0x2000, 0, RMPADJUST_RDX(1, RWX),
		RAISED(VEC_VC, VMEXIT_PAGE_NOT_VALIDATED)},
	{"VMSA page", SMALL + 0x1000, 0, RMPADJUST_RDX(1, 0) | VMSA, RMP_SUCCESS},
	{"no VMSA page any more", SMALL + 0x1000, 0, RMPADJUST_RDX(1, 0), RMP_SUCCESS},
};

static const struct rmp_row large_rows[] = {
	{"2 MiB", LARGE, 1, RMPADJUST_RDX(2, RWX), RMP_SUCCESS},
	{"2 MiB as a VMSA", LARGE, 1, RMPADJUST_RDX(2, RWX) | VMSA, RMP_FAIL_INPUT},
	// the host splits the entry after the #NPF
	{"4 KiB in a 2 MiB entry", LARGE + 0x1000, 0, RMPADJUST_RDX(2, RMP_PERM_R), RMP_SUCCESS},
	{"2 MiB after the split", LARGE, 1, RMPADJUST_RDX(2, RWX), RMP_FAIL_SIZEMISMATCH},
};

void test_rmpadjust(void)
{
	need_valid(SMALL);
	need_valid(SMALL + 0x1000);
	need_private(SMALL + 0x2000);
	rmpadjust_rows(small_rows, ARRAY_SIZE(small_rows));
	need_valid_large(LARGE);
	rmpadjust_rows(large_rows, ARRAY_SIZE(large_rows));
}

static void query(
	const char *name, uint64_t va, unsigned vmpl, uint64_t code, uint64_t rdx, uint64_t size)
{
	struct rmp_result r = rmpquery(va, vmpl);

	expect(rmp_value(r) & ~(uint64_t)CARRY, code, "%s: code", name);
	if (code != RMP_SUCCESS)
		return;
	expect(r.rdx, rdx, "%s: RDX", name);
	expect(r.rcx, size, "%s: page size", name);
}

void test_rmpquery(void)
{
	need_valid(QUERY);
	query("VMPL0", QUERY, 0, RMP_SUCCESS, RMPADJUST_RDX(0, RWX), RMP_PAGE_4K);
	query("VMPL1 of a new page", QUERY, 1, RMP_SUCCESS, RMPADJUST_RDX(1, 0), RMP_PAGE_4K);
	rmpadjust(QUERY, 0, RMPADJUST_RDX(1, RMP_PERM_R | RMP_PERM_W));
	query("VMPL1 read-write", QUERY, 1, RMP_SUCCESS, RMPADJUST_RDX(1, 3), RMP_PAGE_4K);
	query("VMPL2 still none", QUERY, 2, RMP_SUCCESS, RMPADJUST_RDX(2, 0), RMP_PAGE_4K);
	rmpadjust(QUERY, 0, RMPADJUST_RDX(1, 0) | VMSA);
	query("VMSA", QUERY, 1, RMP_SUCCESS, RMPADJUST_RDX(1, 0) | VMSA, RMP_PAGE_4K);
	rmpadjust(QUERY, 0, RMPADJUST_RDX(1, 0));
	query("VMPL4", QUERY, 4, RMP_FAIL_INPUT, 0, 0);
	query("shared mapping", QUERY + BARE_SHARED_VA, 1, RMP_FAIL_INPUT, 0, 0);
	query("no translation", UNMAPPED_VA, 1, RAISED(VEC_PF, 0), 0, 0);
	need_valid_large(REGION(6));
	query("2 MiB", REGION(6) + 0x7000, 0, RMP_SUCCESS, RMPADJUST_RDX(0, RWX), RMP_PAGE_2M);
}
