// SPDX-License-Identifier: MIT
// Requests of a guest, without a guest: a VMSA and a calling area in its memory, as it leaves them.
#include "kernel/request.h"

#include "abi/svsm.h"
#include "hw/svm.h"
#include "hw/vmsa.h"
#include "hw/x86.h"
#include "kernel/bootinfo.h"
#include "kernel/cpus.h"
#include "kernel/memmap.h"
#include "kernel/tempmap.h"
#include "kernel/vcpu.h"
#include "tests/svsm/guest_pages.h"
#include "tests/svsm/suite.h"

// Pages of the test, from guest_page(0) on
enum { VMSA, CAA, LIST, SPARE, NEW_VMSA, NEW_CAA, PAGES };

#define NO_GUEST	"there are no vCPUs here"
#define NO_GUEST_MEMORY gpa_value(memmap_end())

static struct vcpu *vcpu;

// What a request looks at of the VMSA
struct registers {
	uint64_t exit_code, rax, rcx, rdx, r8;
};

static struct vmsa *vmsa_map(void)
{
	return vaddr_to_ptr(tempmap_page(TEMP_COPY, vcpu->vmsa));
}

static void vmsa_write(const struct registers *r)
{
	struct vmsa *vmsa = vmsa_map();

	vmsa->guest_exit_code = r->exit_code;
	vmsa->efer = EFER_SVME;
	vmsa->rax = r->rax;
	vmsa->rcx = r->rcx;
	vmsa->rdx = r->rdx;
	vmsa->r8 = r->r8;
	tempmap_unmap(TEMP_COPY);
}

static struct registers vmsa_read(void)
{
	struct vmsa *vmsa = vmsa_map();
	struct registers r = {vmsa->guest_exit_code, vmsa->rax, vmsa->rcx, vmsa->rdx, vmsa->r8};

	EXPECT_EQ(vmsa->efer, EFER_SVME);
	tempmap_unmap(TEMP_COPY);
	return r;
}

static struct registers call_run(struct registers r, uint8_t pending)
{
	EXPECT_EQ(guest_copy_out(vcpu->caa, &pending, 1), OK);
	vmsa_write(&r);
	EXPECT(request_serve(vcpu));
	return vmsa_read();
}

static void request_open(void)
{
	pages_open(0, PAGES);
	spinlock_acquire(&guest_lock);
	EXPECT_EQ(
		vcpu_register(guest_page(VMSA), guest_page(CAA), this_cpu()->cpu, true, &vcpu), OK);
	spinlock_release(&guest_lock);
}

static void request_close(void)
{
	spinlock_acquire(&guest_lock);
	vcpu_unregister(vcpu);
	spinlock_release(&guest_lock);
	pages_close(0, PAGES);
}

static struct registers call(uint32_t number, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	return call_run((struct registers){VMEXIT_VMGEXIT, number, rcx, rdx, r8}, 1);
}

static uint32_t call_code(uint32_t number, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	return (uint32_t)call(number, rcx, rdx, r8).rax;
}

static void test_dispatch(void)
{
	uint8_t pending = 1;

	request_open();
	EXPECT_EQ(call_code(SVSM_CORE_DEPOSIT_MEM, 0, 0, 0), SVSM_ERR_UNSUPPORTED_CALL);
	EXPECT_EQ(call_code(99, 0, 0, 0), SVSM_ERR_UNSUPPORTED_CALL);
	for (uint64_t protocol = 1; protocol < 6; protocol++)
		EXPECT_EQ(call_run((struct registers){VMEXIT_VMGEXIT, protocol << 32, 0, 0, 0}, 1)
				  .rax,
			SVSM_ERR_UNSUPPORTED_PROTOCOL);
	// Taken
	EXPECT_EQ(guest_copy_in(&pending, vcpu->caa, 1), OK);
	EXPECT_EQ(pending, 0);
	request_close();
}

// Not every exit of the guest is a call.
static void test_no_request(void)
{
	request_open();
	EXPECT_EQ(call_run((struct registers){VMEXIT_VMGEXIT, 99, 0, 0, 0}, 0).rax, 99);
	EXPECT_EQ(call_run((struct registers){VMEXIT_CPUID, 99, 0, 0, 0}, 1).rax, 99);
	request_close();
}

static void test_query(void)
{
	request_open();
	EXPECT_EQ(call(SVSM_CORE_QUERY_PROTOCOL, 1, 0, 0).rcx, 2ull << 32 | 1);
	EXPECT_EQ(call(SVSM_CORE_QUERY_PROTOCOL, 3, 0, 0).rcx, 0);
	EXPECT_EQ(call(SVSM_CORE_QUERY_PROTOCOL, 0, 0, 0).rcx, 0);
	EXPECT_EQ(call(SVSM_CORE_QUERY_PROTOCOL, 77ull << 32 | 1, 0, 0).rcx, 0);
	EXPECT_EQ(call_code(SVSM_CORE_CONFIGURE_VTOM, 0, 0, 0), SVSM_ERR_INVALID_REQUEST);
	EXPECT_EQ(call(SVSM_CORE_CONFIGURE_VTOM, 1, 0, 0).rcx, 0);
	request_close();
}

static void list_write(uint16_t count, uint16_t next, const uint64_t *entries, size_t size)
{
	struct svsm_pvalidate_list list = {.count = count, .next = next};

	EXPECT_EQ(guest_copy_out(guest_page(LIST), &list, sizeof(list)), OK);
	EXPECT_EQ(guest_copy_out(gpa_add(guest_page(LIST), sizeof(list)), entries, size), OK);
}

static uint16_t list_next(void)
{
	struct svsm_pvalidate_list list = {0};

	EXPECT_EQ(guest_copy_in(&list, guest_page(LIST), sizeof(list)), OK);
	return list.next;
}

static uint32_t pvalidate(uint64_t entry)
{
	list_write(1, 0, &entry, sizeof(entry));
	return call_code(SVSM_CORE_PVALIDATE, gpa_value(guest_page(LIST)), 0, 0);
}

#define PAGE_ENTRY(n, flags) (gpa_value(guest_page(n)) | (flags))
#define VALID		     SVSM_PVALIDATE_VALIDATE

static void test_pvalidate(void)
{
	request_open();
	pages_make_private(guest_page(PAGES), 4);
	EXPECT_EQ(pvalidate(PAGE_ENTRY(PAGES, VALID)), SVSM_SUCCESS);
	EXPECT_EQ(list_next(), 1);
	EXPECT_EQ(pvalidate(PAGE_ENTRY(PAGES, VALID)),
		SVSM_ERR_PROTOCOL_BASE + PVALIDATE_FAIL_UNCHANGED);
	EXPECT_EQ(list_next(), 0);
	EXPECT_EQ(pvalidate(PAGE_ENTRY(PAGES, VALID | SVSM_PVALIDATE_IGNORE_CF)), SVSM_SUCCESS);
	EXPECT_EQ(pvalidate(PAGE_ENTRY(PAGES, 0)), SVSM_SUCCESS);
	EXPECT_EQ(pvalidate(PAGE_ENTRY(VMSA, 0)), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(pvalidate(PAGE_ENTRY(CAA, 0)), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(pvalidate(PAGE_ENTRY(0, VALID | RMP_PAGE_2M)), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(pvalidate(PAGE_ENTRY(1, VALID | RMP_PAGE_2M)), SVSM_ERR_INVALID_PARAMETER);
	EXPECT_EQ(pvalidate(PAGE_ENTRY(PAGES, VALID | 2)), SVSM_ERR_INVALID_PARAMETER);
	EXPECT_EQ(pvalidate(PAGE_ENTRY(PAGES, VALID | 0x10)), SVSM_ERR_INVALID_PARAMETER);
	EXPECT_EQ(pvalidate(KERNEL_GPA | VALID), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(pvalidate(NO_GUEST_MEMORY | VALID), SVSM_ERR_INVALID_ADDRESS);
	request_close();
}

static uint32_t pvalidate_at(gpa_t gpa)
{
	return call_code(SVSM_CORE_PVALIDATE, gpa_value(gpa), 0, 0);
}

static void test_pvalidate_lists(void)
{
	uint64_t entries[3] = {PAGE_ENTRY(PAGES, VALID), KERNEL_GPA, PAGE_ENTRY(PAGES + 1, VALID)};

	request_open();
	pages_make_private(guest_page(PAGES), 2);
	EXPECT_EQ(pvalidate_at(gpa_add(guest_page(LIST), 4)), SVSM_ERR_INVALID_PARAMETER);
	EXPECT_EQ(pvalidate_at(gpa_make(KERNEL_GPA)), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(pvalidate_at(guest_page(PAGES)), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(pvalidate_at(guest_page(VMSA)), SVSM_ERR_INVALID_ADDRESS);
	list_write(0, 0, entries, sizeof(entries));
	EXPECT_EQ(pvalidate_at(guest_page(LIST)), SVSM_ERR_INVALID_PARAMETER);
	list_write(3, 3, entries, sizeof(entries));
	EXPECT_EQ(pvalidate_at(guest_page(LIST)), SVSM_ERR_INVALID_PARAMETER);
	list_write(512, 0, entries, sizeof(entries));
	EXPECT_EQ(pvalidate_at(guest_page(LIST)), SVSM_ERR_INVALID_PARAMETER);
	// Up to the wrong one
	list_write(3, 0, entries, sizeof(entries));
	EXPECT_EQ(pvalidate_at(guest_page(LIST)), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(list_next(), 1);
	EXPECT(page_is_valid(guest_page(PAGES)) && !page_is_valid(guest_page(PAGES + 1)));
	EXPECT_EQ(pvalidate(PAGE_ENTRY(PAGES, 0)), SVSM_SUCCESS);
	request_close();
}

static uint32_t remap(uint64_t gpa)
{
	return call_code(SVSM_CORE_REMAP_CA, gpa, 0, 0);
}

static void test_remap(void)
{
	uint64_t head = ~0ull;

	request_open();
	EXPECT_EQ(remap(gpa_value(guest_page(SPARE)) + 8), SVSM_ERR_INVALID_PARAMETER);
	EXPECT_EQ(remap(KERNEL_GPA), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(remap(NO_GUEST_MEMORY), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(remap(gpa_value(guest_page(VMSA))), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(remap(gpa_value(guest_page(PAGES))), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(guest_copy_out(guest_page(SPARE), &head, sizeof(head)), OK);
	EXPECT_EQ(remap(gpa_value(guest_page(SPARE))), SVSM_SUCCESS);
	EXPECT(gpa_equal(vcpu->caa, guest_page(SPARE)));
	EXPECT_EQ(guest_copy_in(&head, guest_page(SPARE), sizeof(head)), OK);
	EXPECT_EQ(head, 0);
	request_close();
}

static uint32_t create(uint64_t vmsa, uint64_t caa, uint64_t apic_id)
{
	return call_code(SVSM_CORE_CREATE_VCPU, vmsa, caa, apic_id);
}

static uint32_t delete_vcpu(uint64_t vmsa)
{
	return call_code(SVSM_CORE_DELETE_VCPU, vmsa, 0, 0);
}

static struct vmsa new_vmsa;

static void new_vmsa_fill(void)
{
	new_vmsa = (struct vmsa){.vmpl = SVSM_GUEST_VMPL,
		.efer = EFER_SVME,
		.sev_features = platform_guest_features()};
}

static void new_vmsa_write(void)
{
	EXPECT_EQ(guest_copy_out(guest_page(NEW_VMSA), &new_vmsa, sizeof(new_vmsa)), OK);
}

static void test_create_refused(void)
{
	uint64_t vmsa = gpa_value(guest_page(NEW_VMSA));
	uint64_t caa = gpa_value(guest_page(NEW_CAA));
	uint64_t id = this_cpu()->cpu->apic_id;

	request_open();
	EXPECT_EQ(create(vmsa + 8, caa, id), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(create(vmsa, caa + 8, id), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(create(vmsa, vmsa, id), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(create(KERNEL_GPA, caa, id), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(create(vmsa, KERNEL_GPA, id), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(create(gpa_value(guest_page(PAGES)), caa, id), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(create(vmsa, gpa_value(guest_page(PAGES)), id), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(create(gpa_value(guest_page(CAA)), caa, id), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(create(vmsa, gpa_value(guest_page(VMSA)), id), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(create(vmsa, caa, 1ull << 32), SVSM_ERR_INVALID_PARAMETER);
	EXPECT_EQ(create(vmsa, caa, 0xfffffff0), SVSM_ERR_INVALID_PARAMETER);
	request_close();
}

// Each wrong field; the page stays the guest's.
static void test_create_wrong_vmsa(void)
{
	uint64_t vmsa = gpa_value(guest_page(NEW_VMSA));
	uint64_t caa = gpa_value(guest_page(NEW_CAA));
	uint64_t id = this_cpu()->cpu->apic_id;

	request_open();
	for (int field = 0; field < 3; field++) {
		new_vmsa_fill();
		new_vmsa.vmpl = field == 0 ? 0 : new_vmsa.vmpl;
		new_vmsa.efer = field == 1 ? 0 : new_vmsa.efer;
		new_vmsa.sev_features ^= field == 2 ? 1ull << 9 : 0;
		new_vmsa_write();
		EXPECT_EQ(create(vmsa, caa, id), SVSM_ERR_INVALID_PARAMETER);
	}
	EXPECT(vcpu_find_by_vmsa(guest_page(NEW_VMSA)) == NULL && this_cpu()->cpu->vcpu == vcpu);
	request_close();
}

static void test_create(void)
{
	uint64_t vmsa = gpa_value(guest_page(NEW_VMSA));
	uint64_t caa = gpa_value(guest_page(NEW_CAA));
	uint64_t word = 0;

	request_open();
	new_vmsa_fill();
	new_vmsa_write();
	EXPECT_EQ(create(vmsa, caa, this_cpu()->cpu->apic_id), SVSM_SUCCESS);
	EXPECT(vcpu_find_by_vmsa(guest_page(NEW_VMSA)) != NULL);
	// Not the guest's while it is one
	EXPECT_EQ(guest_copy_in(&word, guest_page(NEW_VMSA), sizeof(word)), ERR_INVALID_ADDRESS);
	EXPECT_EQ(create(vmsa, caa, this_cpu()->cpu->apic_id), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(pvalidate(vmsa), SVSM_ERR_INVALID_ADDRESS);
	EXPECT_EQ(delete_vcpu(vmsa + 1), SVSM_ERR_INVALID_PARAMETER);
	EXPECT_EQ(delete_vcpu(caa), SVSM_ERR_INVALID_PARAMETER);
	EXPECT_EQ(delete_vcpu(gpa_value(vcpu->vmsa)), SVSM_ERR_PROTOCOL_BASE + RMP_FAIL_INUSE);
	EXPECT_EQ(delete_vcpu(vmsa), SVSM_SUCCESS);
	EXPECT_EQ(delete_vcpu(vmsa), SVSM_ERR_INVALID_PARAMETER);
	EXPECT_EQ(guest_copy_in(&word, guest_page(NEW_VMSA), sizeof(word)), OK);
	request_close();
}

// While its CPU serves it: waits some tenths of a second, then says so.
static void test_delete_serving(void)
{
	uint64_t vmsa = gpa_value(guest_page(NEW_VMSA));

	request_open();
	new_vmsa_fill();
	new_vmsa_write();
	EXPECT_EQ(create(vmsa, gpa_value(guest_page(NEW_CAA)), this_cpu()->cpu->apic_id),
		SVSM_SUCCESS);
	vcpu_find_by_vmsa(guest_page(NEW_VMSA))->serving = true;
	EXPECT_EQ(delete_vcpu(vmsa), SVSM_ERR_PROTOCOL_BASE + RMP_FAIL_INUSE);
	vcpu_find_by_vmsa(guest_page(NEW_VMSA))->serving = false;
	EXPECT_EQ(delete_vcpu(vmsa), SVSM_SUCCESS);
	request_close();
}

static const struct test test_request_tests[] = {
	TEST("dispatch", test_dispatch),
	TEST("no-request", test_no_request),
	TEST("query", test_query),
	TEST("pvalidate", test_pvalidate),
	TEST("pvalidate-lists", test_pvalidate_lists),
	TEST("remap", test_remap),
	TEST("create-refused", test_create_refused),
	TEST("create-wrong-vmsa", test_create_wrong_vmsa, .snp = NO_GUEST),
	TEST("create", test_create, .snp = NO_GUEST),
	TEST("delete-serving", test_delete_serving, .snp = NO_GUEST),
};
TEST_GROUP(test_request, "request");
