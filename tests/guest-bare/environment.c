// SPDX-License-Identifier: MIT
// What the guest finds when it starts: secrets and CPUID page, memory map, its own level. Source:
// document 58019, section 5.
#include "lib/string.h"
#include "tests/guest-bare/guest.h"

#define MAP_ENTRIES 8
#define MAP_MEMORY  0

struct map_entry {
	uint64_t first_page, page_count;
	uint16_t type, flags;
	uint32_t reserved;
};
ASSERT_SIZE(struct map_entry, 24);

const struct snp_secrets_page *const secrets = (const void *)GUEST_SECRETS_GPA;
static const struct map_entry *const map = (const void *)GUEST_PARAMS_GPA;

bool memory_range(unsigned index, uint64_t *start, uint64_t *end)
{
	if (index >= MAP_ENTRIES || !map[index].page_count)
		return false;
	*start = map[index].first_page * PAGE_SIZE;
	*end = *start + map[index].page_count * PAGE_SIZE;
	return true;
}

uint64_t memory_end(void)
{
	uint64_t end = 0;

	for (unsigned i = 0; i < MAP_ENTRIES && map[i].page_count; i++) {
		uint64_t entry_end = (map[i].first_page + map[i].page_count) * PAGE_SIZE;

		if (map[i].type == MAP_MEMORY && entry_end < 1ull << 32)
			end = MAX(end, entry_end);
	}
	return end;
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

static void test_secrets(void)
{
	expect_true(secrets->svsm_size != 0, "an SVSM is there");
	expect(secrets->svsm_base % PAGE_SIZE, 0, "its memory is page-aligned");
	expect(secrets->svsm_caa, GUEST_CAA_GPA, "calling area");
	expect(secrets->svsm_max_version, 2, "highest core protocol version");
	expect(secrets->svsm_guest_vmpl, SVSM_GUEST_VMPL, "VMPL");
	expect_true(all_zero(secrets->vmpck[0], SNP_VMPCK_SIZE), "VMPCK0 is not given");
	expect_true(all_zero(secrets->vmpck[1], SNP_VMPCK_SIZE), "VMPCK1 is not given");
	expect_true(!all_zero(secrets->vmpck[2], SNP_VMPCK_SIZE), "VMPCK2 is given");
}

static void test_map(void)
{
	uint64_t svsm_end = secrets->svsm_base + secrets->svsm_size;
	unsigned count = 0;

	while (count < MAP_ENTRIES && map[count].page_count)
		count++;
	expect_true(count > 0 && count < MAP_ENTRIES, "memory map has entries and an end");
	for (unsigned i = 0; i < count; i++) {
		uint64_t start = map[i].first_page * PAGE_SIZE;
		uint64_t end = start + map[i].page_count * PAGE_SIZE;

		expect_true(end <= secrets->svsm_base || start >= svsm_end,
			"entry %u of the map (0x%lx to 0x%lx) is not the SVSM's", i, start, end);
	}
	expect(*(const uint32_t *)private_ptr(GUEST_PARAMS_GPA + GUEST_MAP_SIZE), cpu_count,
		"number of vCPUs");
}

static void test_cpuid(void)
{
	const struct snp_cpuid_page *page = (const void *)GUEST_CPUID_GPA;
	uint32_t eax = 0;

	for (uint32_t i = 0; i < page->count && i < SNP_CPUID_ENTRIES_MAX; i++)
		if (page->entry[i].eax_in == 0x8000001f)
			eax = page->entry[i].eax;
	expect(eax & CPUID_8000001F_SVSM, CPUID_8000001F_SVSM, "CPUID says that an SVSM is there");
}

static void test_level(void)
{
	struct rmp_result r;

	expect(rdmsr(MSR_SEV_STATUS),
		SEV_STATUS_SEV | SEV_STATUS_SEV_ES | SEV_STATUS_SNP | SEV_STATUS_DEBUG_SWAP,
		"SEV_STATUS");
	r = rmpadjust(LIST_GPA, 0, RMPADJUST_RDX(1, RMP_PERM_RWX));
	expect(r.code, RMP_FAIL_PERMISSION, "RMPADJUST of VMPL1 is refused");
	expect(pvalidate(LIST_GPA, 0, 1).vector, VEC_GP, "PVALIDATE is not for VMPL2");
}

static void test_memory(void)
{
	const uint8_t *page = private_ptr(GUEST_MEMORY_GPA);

	expect_true(all_zero(page, GUEST_MEMORY_SIZE), "validated memory is zero");
	expect_true(all_zero(private_ptr(GUEST_MEMORY2_GPA), GUEST_MEMORY2_SIZE),
		"the second range too");
	expect_true(all_zero(private_ptr(GUEST_CAA_GPA), PAGE_SIZE), "the calling area is zero");
}

void test_environment(void)
{
	test_memory();
	test_secrets();
	test_map();
	test_cpuid();
	test_level();
}
