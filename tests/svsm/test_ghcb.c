// SPDX-License-Identifier: MIT
// Requests to the host: each that it refuses comes back as an error, and the next one works.
#include "kernel/snp/ghcb.h"

#include "kernel/bootinfo.h"
#include "kernel/layout.h"
#include "kernel/page.h"
#include "kernel/percpu.h"
#include "kernel/snp/ghcb_msr.h"
#include "kernel/snp/sev_status.h"
#include "tests/svsm/suite.h"

#define ONLY_SNP   "there is no GHCB here"
#define NO_MEMORY  gpa_make(0x7f00000000) // behind all memory
#define PORT_DELAY 0x80

static void test_versions(void)
{
	EXPECT(ghcb_msr_speaks_version(GHCB_VERSION_MAX));
	EXPECT(!ghcb_msr_speaks_version(0));
	EXPECT(!ghcb_msr_speaks_version(0x7fff));
}

static void test_features(void)
{
	uint64_t features = 0;

	EXPECT_EQ(ghcb_msr_hv_features(&features), OK);
	EXPECT((features & GHCB_HV_SNP) != 0 && (features & GHCB_HV_AP_CREATION) != 0);
}

// The MSR protocol takes the MSR away from the GHCB page: the next exit puts it back.
static void test_msr_then_page(void)
{
	EXPECT_EQ(ghcb_port_write(PORT_DELAY, 1, 1), OK);
	EXPECT(this_cpu()->ghcb_msr_is_gpa);
	EXPECT(ghcb_msr_speaks_version(GHCB_VERSION_MAX));
	EXPECT(!this_cpu()->ghcb_msr_is_gpa);
	EXPECT_EQ(ghcb_port_write(PORT_DELAY, 1, 1), OK);
	EXPECT(this_cpu()->ghcb_msr_is_gpa);
}

static void test_page_state_refused(void)
{
	EXPECT_EQ(ghcb_msr_page_state(NO_MEMORY, PSC_OP_PRIVATE), ERR_HOST);
	EXPECT_EQ(ghcb_page_state(NO_MEMORY, PAGE_SIZE, PSC_OP_PRIVATE), ERR_HOST);
	EXPECT_EQ(ghcb_page_state(NO_MEMORY, HUGE_PAGE_SIZE, PSC_OP_PRIVATE), ERR_HOST);
	EXPECT_EQ(ghcb_page_state(gpa_make(KERNEL_GPA), 0, PSC_OP_PRIVATE), OK);
}

static void test_requests_refused(void)
{
	uint64_t value = 5;

	EXPECT_EQ(ghcb_msr_write(0x80b, 1ull << 40), ERR_HOST);
	EXPECT_EQ(ghcb_msr_read(0x80b, &value), ERR_HOST);
	EXPECT_EQ(value, 5);
	EXPECT_EQ(ghcb_send_ipi(this_cpu()->cpu->apic_id, 3), ERR_HOST);
	EXPECT_EQ(ghcb_mmio_read(NO_MEMORY, 16, &value), ERR_HOST);
	EXPECT_EQ(ghcb_mmio_write(gpa_make(KERNEL_GPA), 8, value), ERR_HOST);
}

static void test_create_ap_refused(void)
{
	uint32_t id = this_cpu()->cpu->apic_id;
	uint64_t features = sev_features_guest();

	EXPECT_EQ(ghcb_create_ap(id, 2, AP_CREATE, gpa_make(KERNEL_GPA + 1), features), ERR_HOST);
	EXPECT_EQ(ghcb_create_ap(id, VMPL_COUNT, AP_CREATE, gpa_make(KERNEL_GPA), features),
		ERR_HOST);
	EXPECT_EQ(
		ghcb_create_ap(0xfffffff0, 2, AP_CREATE, gpa_make(KERNEL_GPA), features), ERR_HOST);
	EXPECT_EQ(ghcb_create_ap(id, 2, AP_CREATE, gpa_make(KERNEL_GPA), ~0ull), ERR_HOST);
}

static struct hv_doorbell *doorbell(void)
{
	return (struct hv_doorbell *)DOORBELL_VA;
}

// With others waiting the host wants to hear that an event was taken.
static void test_event_end(void)
{
	platform_take_events();
	doorbell()->no_eoi_required = 0;
	doorbell()->vector = 0xe0;
	platform_take_events();
	EXPECT_EQ(doorbell()->vector, 0);
}

static void take_events(void *argument)
{
	(void)argument;
	platform_take_events();
}

static void test_machine_check(void)
{
	struct caught caught;

	platform_take_events();
	doorbell()->flags |= HV_DOORBELL_MCE;
	EXPECT_EQ(catch_end(&caught, take_events, NULL), CAUGHT_TERMINATE);
	EXPECT_EQ(caught.reason, TERMINATE_MACHINE_CHECK);
	doorbell()->flags = 0;
}

// Before a CPU has its page
static void test_not_ready(void)
{
	uint32_t value = 0;

	this_cpu()->ghcb_ready = false;
	enum error read = ghcb_port_read(PORT_DELAY, 1, &value);
	enum error write = ghcb_port_write_string(PORT_DELAY, "x", 1);
	enum error state = ghcb_page_state(gpa_make(KERNEL_GPA), PAGE_SIZE, PSC_OP_PRIVATE);

	this_cpu()->ghcb_ready = true;
	EXPECT_EQ(read, ERR_HOST);
	EXPECT_EQ(write, ERR_HOST);
	EXPECT_EQ(state, ERR_HOST);
	EXPECT_EQ(ghcb_port_read(PORT_DELAY, 1, &value), OK);
}

// More than one exit's worth
static void test_long_string(void)
{
	static char text[GHCB_SHARED_BUFFER_SIZE * 2 + 100];

	EXPECT_EQ(ghcb_port_write_string(PORT_DELAY, text, sizeof(text)), OK);
	EXPECT_EQ(ghcb_port_write_string(PORT_DELAY, text, 0), OK);
}

// More entries than one list holds: small pages, which meet no 2 MiB border
static void test_long_list(void)
{
	gpa_t start = gpa_make(0x02000000 + PAGE_SIZE);
	uint64_t size = (PSC_ENTRIES_MAX + 20) * PAGE_SIZE;

	EXPECT_EQ(ghcb_page_state(start, size, PSC_OP_PRIVATE), OK);
	EXPECT_EQ(ghcb_page_state(start, size, PSC_OP_SHARED), OK);
}

static const struct test test_ghcb_tests[] = {
	TEST("versions", test_versions, .snp = ONLY_SNP),
	TEST("features", test_features, .snp = ONLY_SNP),
	TEST("msr-then-page", test_msr_then_page, .snp = ONLY_SNP),
	TEST("page-state-refused", test_page_state_refused, .snp = ONLY_SNP),
	TEST("requests-refused", test_requests_refused, .snp = ONLY_SNP),
	TEST("create-ap-refused", test_create_ap_refused, .snp = ONLY_SNP),
	TEST("event-end", test_event_end, .snp = ONLY_SNP),
	TEST("machine-check", test_machine_check, .snp = ONLY_SNP),
	TEST("not-ready", test_not_ready, .snp = ONLY_SNP),
	TEST("long-string", test_long_string, .snp = ONLY_SNP),
	TEST("long-list", test_long_list, .snp = ONLY_SNP),
};
TEST_GROUP(test_ghcb, "ghcb");
