// SPDX-License-Identifier: MIT
// SVSM_CORE_REMAP_CA and CREATE_VCPU: refusals. Source: document 58019, sections 6.1 and 6.3.
#include "lib/string.h"
#include "tests/guest-bare/guest.h"

#define BAD_MAX	  16
#define ADDRESS	  SVSM_ERR_INVALID_ADDRESS
#define PARAMETER SVSM_ERR_INVALID_PARAMETER

static uint64_t remap(uint64_t gpa)
{
	return svsm_core(SVSM_CORE_REMAP_CA, gpa, 0, 0);
}

static void test_remap_back(void)
{
	const uint64_t first = svsm_caa_gpa();
	struct svsm_call c = {SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL), 1, 0, 0, 0};

	((struct svsm_caa *)private_ptr(SPARE_CAA_GPA))->call_pending = 1;
	expect(remap(SPARE_CAA_GPA), SVSM_SUCCESS, "another page");
	expect(((struct svsm_caa *)private_ptr(SPARE_CAA_GPA))->call_pending, 0,
		"nothing is pending in the new one");
	svsm_caa()->call_pending = 1;
	expect(svsm_exit(&c), SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL),
		"the old one is not looked at any more");
	svsm_caa()->call_pending = 0;
	expect(pvalidate(0, 0, 0).vector, VEC_GP, "(PVALIDATE stays forbidden)");
	svsm_caa_set(SPARE_CAA_GPA);
	expect(svsm_call(&c), SVSM_SUCCESS, "calls work in the new one");
	expect(remap(SPARE_CAA_GPA), SVSM_SUCCESS, "the same page again");
	expect(remap(first), SVSM_SUCCESS, "back to the first");
	svsm_caa_set(first);
	expect(pvalidate_one(SPARE_CAA_GPA), SVSM_SUCCESS, "the other page is a plain one again");
	expect(pvalidate_one(SPARE_CAA_GPA | VALID), SVSM_SUCCESS, "and can be used again");
}

void test_remap(void)
{
	struct bad_page bad[BAD_MAX];
	size_t count = bad_pages(bad, BAD_MAX);

	for (size_t i = 0; i < count; i++)
		expect(remap(bad[i].gpa), ADDRESS, "to %s", bad[i].name);
	expect(remap(SPARE_CAA_GPA + 8), PARAMETER, "to an address that is not aligned");
	expect(remap(SPARE_CAA_GPA + 0xfff), PARAMETER, "to the last byte of a page");
	expect(remap(FRESH(3)), ADDRESS, "to a page that is not validated");
	expect(remap(BARE_LIST_GPA), ADDRESS, "to a shared page");
	test_remap_back();
}

static void test_create_addresses(void)
{
	struct bad_page bad[BAD_MAX];
	size_t count = bad_pages(bad, BAD_MAX);
	const uint64_t caa = svsm_caa_gpa();

	vmsa_prepare(VMSA_TRY_GPA, 0);
	for (size_t i = 0; i < count; i++) {
		expect(vcpu_create(bad[i].gpa, CAA_TRY_GPA, 0), ADDRESS, "VMSA in %s", bad[i].name);
		expect(vcpu_create(VMSA_TRY_GPA, bad[i].gpa, 0), ADDRESS, "calling area in %s",
			bad[i].name);
	}
	expect(vcpu_create(VMSA_TRY_GPA + 16, CAA_TRY_GPA, 0), ADDRESS, "VMSA not aligned");
	expect(vcpu_create(VMSA_TRY_GPA, CAA_TRY_GPA + 16, 0), ADDRESS, "calling area not aligned");
	expect(vcpu_create(FRESH(3), CAA_TRY_GPA, 0), ADDRESS, "VMSA not validated");
	expect(vcpu_create(VMSA_TRY_GPA, FRESH(3), 0), ADDRESS, "calling area not validated");
	expect(vcpu_create(BARE_LIST_GPA, CAA_TRY_GPA, 0), ADDRESS, "VMSA in a shared page");
	expect(vcpu_create(VMSA_TRY_GPA, VMSA_TRY_GPA, 0), ADDRESS, "VMSA is its calling area");
	expect(vcpu_create(caa, CAA_TRY_GPA, 0), ADDRESS, "VMSA in a calling area in use");
	expect(vcpu_create(VMSA_TRY_GPA, CAA_TRY_GPA, 99), PARAMETER, "APIC id 99");
	expect(vcpu_create(VMSA_TRY_GPA, CAA_TRY_GPA, 1ull << 32), PARAMETER,
		"APIC id of more than 32 bits");
	expect(vcpu_create(VMSA_TRY_GPA, CAA_TRY_GPA, ~0ull), PARAMETER, "APIC id of all ones");
}

// Each spoils one field of a VMSA that is in order.
static void test_create_contents(void)
{
	const struct {
		const char *name;
		uint8_t vmpl;
		uint64_t efer_less, features;
	} rows[] = {
		{"VMPL0", 0, 0, 0},
		{"VMPL1", 1, 0, 0},
		{"VMPL3", 3, 0, 0},
		{"VMPL 0x82", 0x82, 0, 0},
		{"EFER.SVME clear", 2, EFER_SVME, 0},
		{"without SNP", 2, 0, SEV_FEATURE_SNP_ACTIVE},
		{"virtual TOM", 2, 0, SEV_FEATURE_VTOM},
		{"reflected #VC", 2, 0, SEV_FEATURE_REFLECT_VC},
		{"restricted injection", 2, 0, SEV_FEATURE_RESTRICTED_INJECTION},
		{"alternate injection", 2, 0, SEV_FEATURE_ALTERNATE_INJECTION},
		{"debug swap", 2, 0, SEV_FEATURE_DEBUG_SWAP},
		{"secure TSC", 2, 0, SEV_FEATURE_SECURE_TSC},
		{"a feature bit without a name", 2, 0, 1ull << 63},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vmsa *vmsa = vmsa_prepare(VMSA_TRY_GPA, 0);

		vmsa->vmpl = rows[i].vmpl;
		vmsa->efer &= ~rows[i].efer_less;
		vmsa->sev_features ^= rows[i].features;
		expect(vcpu_create(VMSA_TRY_GPA, CAA_TRY_GPA, 0), PARAMETER, "VMSA with %s",
			rows[i].name);
		try_write(vmsa, 0);
		expect(trap_taken().vector, TRAP_NONE, "VMSA with %s: the page is given back",
			rows[i].name);
	}
}

void test_create(void)
{
	test_create_addresses();
	test_create_contents();
	expect(vcpu_delete(VMSA_TRY_GPA), PARAMETER, "delete what was never created");
	expect(vcpu_delete(VMSA_TRY_GPA + 1), PARAMETER,
		"delete at an address that is not aligned");
	expect(vcpu_delete(secrets->svsm_base), PARAMETER, "delete a page of the SVSM's");
	expect(vcpu_delete(~0ull), PARAMETER, "delete at all ones");
}
