// SPDX-License-Identifier: MIT
// PVALIDATE at VMPL0. Source: APM volume 3, PVALIDATE; volume 2, section 15.36.6.
#include "tests/conformance/conformance.h"

#define SMALL REGION(0) // 4 KiB entries
#define LARGE REGION(1) // one 2 MiB entry
#define FREE  REGION(2) // not assigned

static const struct rmp_row small_rows[] = {
	{"4 KiB, first time", SMALL, 0, 1, RMP_SUCCESS},
	{"4 KiB, again: carry", SMALL, 0, 1, CARRY},
	{"4 KiB, address inside the page", SMALL + 0xabc, 0, 1, CARRY},
	{"invalidate", SMALL, 0, 0, RMP_SUCCESS},
	{"invalidate again: carry", SMALL, 0, 0, CARRY},
	{"validate after invalidate", SMALL, 0, 1, RMP_SUCCESS},
	{"only bit 0 of EDX counts", SMALL + 0x1000, 0, 3, RMP_SUCCESS},
	{"page size 2", SMALL, 2, 1, RMP_FAIL_INPUT},
	{"page size 0xffffffff", SMALL, 0xffffffff, 1, RMP_FAIL_INPUT},
	{"2 MiB, address not aligned", SMALL + 0x1000, 1, 1, RMP_FAIL_INPUT},
	{"2 MiB over 4 KiB entries", SMALL, 1, 1, RMP_FAIL_SIZEMISMATCH},
	{"2 MiB over 4 KiB entries, invalidate", SMALL, 1, 0, RMP_FAIL_SIZEMISMATCH},
	{"shared mapping", SMALL + 0x2000 + BARE_SHARED_VA, 0, 1, RMP_FAIL_INPUT},
	{"address without translation", UNMAPPED_VA, 0, 1, RAISED(VEC_PF, 0)},
	{"address that is not canonical", 1ull << 47, 0, 1, RAISED(VEC_GP, 0)},
};

static const struct rmp_row large_rows[] = {
	{"2 MiB, first time", LARGE, 1, 1, RMP_SUCCESS},
	{"2 MiB, again: carry", LARGE, 1, 1, CARRY},
	{"2 MiB, invalidate", LARGE, 1, 0, RMP_SUCCESS},
	{"2 MiB, invalidate again: carry", LARGE, 1, 0, CARRY},
	{"2 MiB, validate", LARGE, 1, 1, RMP_SUCCESS},
	// #NPF with the size-mismatch bit; the host splits the entry and the instruction runs again
	{"4 KiB in a 2 MiB entry, valid: carry", LARGE + 0x3000, 0, 1, CARRY},
	{"2 MiB after the split", LARGE, 1, 1, RMP_FAIL_SIZEMISMATCH},
	{"4 KiB after the split, invalidate", LARGE + 0x4000, 0, 0, RMP_SUCCESS},
	{"the others stay valid", LARGE + 0x5000, 0, 1, CARRY},
	{"and that one is not", LARGE + 0x4000, 0, 1, RMP_SUCCESS},
};

static const struct rmp_row free_rows[] = {
	// #NPF; the host assigns the page and the instruction runs again
	{"page that nobody owns", FREE, 0, 1, RMP_SUCCESS},
	{"and again: carry", FREE, 0, 1, CARRY},
};

void test_pvalidate(void)
{
	for (unsigned i = 0; i < 3; i++)
		need_private(SMALL + i * PAGE_SIZE);
	pvalidate_rows(small_rows, ARRAY_SIZE(small_rows));
	expect(psc_one(LARGE, PSC_OP_PRIVATE, true), 0, "2 MiB page made private");
	pvalidate_rows(large_rows, ARRAY_SIZE(large_rows));
	pvalidate_rows(free_rows, ARRAY_SIZE(free_rows));
	pvalidate(UNMAPPED_VA + 0x5000, 0, 1);
	expect(trap_taken().cr2, UNMAPPED_VA + 0x5000, "CR2 of the page fault");
}
