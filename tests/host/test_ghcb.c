// SPDX-License-Identifier: MIT
// Requests to the host through the GHCB and its MSR, and a host that answers them wrongly.
#include "hw/ghcb.h"
#include "hw/svm.h"
#include "kernel/error.h"
#include "kernel/percpu.h"
#include "kernel/platform.h"
#include "kernel/snp/ghcb.h"
#include "kernel/snp/ghcb_msr.h"
#include "kernel/tempmap.h"
#include "tests/host/host.h"

// What the host was asked last, and what it does
static struct ghcb asked;
static unsigned int times;
static uint64_t host_rax, host_rdx;
static uint32_t host_result;
static bool host_marks;

static bool host_answers(struct ghcb *ghcb)
{
	asked = *ghcb;
	times++;
	ghcb->rax = host_rax;
	ghcb->rdx = host_rdx;
	memcpy(ghcb->shared_buffer, &host_rax, sizeof(host_rax));
	fake_ghcb_answer(ghcb, host_result);
	if (!host_marks)
		memset(ghcb->valid_bitmap, 0, sizeof(ghcb->valid_bitmap));
	return true;
}

static void begin(void)
{
	fake_reset();
	fake_host_exit(host_answers);
	host_marks = true;
	host_result = GHCB_RESULT_OK;
	host_rax = 0x1122334455667788;
	host_rdx = 0xaabbccdd99001122;
	times = 0;
}

static bool is_marked(size_t offset)
{
	return (asked.valid_bitmap[offset / 64] >> (offset / 8 % 8) & 1) != 0;
}

static void assert_asked(uint64_t code, uint64_t info_1, uint64_t info_2)
{
	assert_int_equal(asked.sw_exit_code, code);
	assert_int_equal(asked.sw_exit_info_1, info_1);
	assert_int_equal(asked.sw_exit_info_2, info_2);
	assert_true(is_marked(offsetof(struct ghcb, sw_exit_code)));
	assert_true(is_marked(offsetof(struct ghcb, sw_exit_info_1)));
	assert_true(is_marked(offsetof(struct ghcb, sw_exit_info_2)));
}

// Port in 31:16, address size 64 bits in bit 9, operand size in 6:4, IN in bit 0 (APM 2 15.10.2)
static void reads_and_writes_ports(void **context)
{
	static const struct {
		unsigned int size;
		uint64_t info;
		uint32_t value;
	} rows[] = {{1, 0x210, 0x88}, {2, 0x220, 0x7788}, {4, 0x240, 0x55667788}};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t value = 0;

		begin();
		assert_int_equal(platform_port_read(0x3fd, rows[i].size, &value), OK);
		assert_int_equal(value, rows[i].value);
		assert_asked(VMEXIT_IOIO, 0x3fdull << 16 | rows[i].info | 1, 0);
		assert_int_equal(platform_port_write(0x3f8, rows[i].size, 0x99aabbcc), OK);
		assert_asked(VMEXIT_IOIO, 0x3f8ull << 16 | rows[i].info, 0);
		assert_int_equal(asked.rax, 0x99aabbcc & MASK(8 * rows[i].size));
		assert_true(is_marked(offsetof(struct ghcb, rax)));
	}
}

static void refuses_other_sizes(void **context)
{
	uint64_t value64 = 1;
	uint32_t value = 1;

	(void)context;
	begin();
	vaddr_t va = tempmap_device(gpa_make(0xfec00000));

	assert_int_equal(platform_port_read(0x3f8, 3, &value), ERR_INVALID_PARAMETER);
	assert_int_equal(platform_port_read(0x3f8, 0, &value), ERR_INVALID_PARAMETER);
	assert_int_equal(platform_port_read(0xffff, 2, &value), ERR_INVALID_PARAMETER);
	assert_int_equal(platform_port_write(0x3f8, 8, 0), ERR_INVALID_PARAMETER);
	assert_int_equal(platform_mmio_read(va, 3, &value64), ERR_INVALID_PARAMETER);
	assert_int_equal(platform_mmio_read(vaddr_add(va, 2), 4, &value64), ERR_INVALID_PARAMETER);
	assert_int_equal(platform_mmio_write(va, 16, 0), ERR_INVALID_PARAMETER);
	// Private memory is none of the host's.
	assert_int_equal(
		platform_mmio_read(vaddr_make(PERCPU_VA), 4, &value64), ERR_INVALID_ADDRESS);
	assert_int_equal(platform_mmio_write(vaddr_make(0x1000), 4, 0), ERR_INVALID_ADDRESS);
	assert_int_equal(value, 1);
	assert_int_equal(value64, 1);
	assert_int_equal(times, 0);
	tempmap_unmap(TEMP_DEVICE);
}

static void reads_and_writes_registers(void **context)
{
	uint64_t value = 0;

	(void)context;
	begin();
	vaddr_t va = tempmap_device(gpa_make(0xfec00000));

	assert_int_equal(platform_mmio_read(vaddr_add(va, 0x10), 4, &value), OK);
	assert_int_equal(value, 0x55667788);
	assert_asked(GHCB_EXIT_MMIO_READ, 0xfec00010, 4);
	assert_int_equal(asked.sw_scratch, gpa_value(this_cpu()->ghcb_gpa) + 0x800);
	assert_true(is_marked(offsetof(struct ghcb, sw_scratch)));
	assert_int_equal(platform_mmio_write(vaddr_add(va, 0x18), 8, 0x0102030405060708), OK);
	assert_asked(GHCB_EXIT_MMIO_WRITE, 0xfec00018, 8);
	assert_int_equal(asked.shared_buffer[0], 8);
	assert_int_equal(asked.shared_buffer[7], 1);
	tempmap_unmap(TEMP_DEVICE);
	assert_int_equal(platform_mmio_read(va, 4, &value), ERR_INVALID_ADDRESS);
	assert_int_equal(platform_msr_read(0x174, &value), OK);
	assert_int_equal(value, (host_rdx << 32) | (uint32_t)host_rax);
	assert_asked(VMEXIT_MSR, 0, 0);
	assert_int_equal(asked.rcx, 0x174);
	assert_int_equal(platform_msr_write(0x175, 0x1234567890abcdef), OK);
	assert_asked(VMEXIT_MSR, 1, 0);
	assert_int_equal(asked.rax, 0x90abcdef);
	assert_int_equal(asked.rdx, 0x12345678);
	assert_sound();
}

// Nothing of a refused answer is used.
static void refusals_are_errors(void **context)
{
	static const uint32_t results[] = {
		GHCB_RESULT_EXCEPTION, GHCB_RESULT_MALFORMED, 3, UINT32_MAX};

	(void)context;
	for (size_t i = 0; i <= ARRAY_SIZE(results); i++) {
		uint32_t value = 7;
		uint64_t value64 = 8;

		begin();
		host_marks = i < ARRAY_SIZE(results);
		host_result = host_marks ? results[i] : GHCB_RESULT_OK;
		vaddr_t va = tempmap_device(gpa_make(0xfec00000));

		assert_int_equal(platform_port_read(0x3f8, 1, &value), ERR_HOST);
		assert_int_equal(platform_mmio_read(va, 8, &value64), ERR_HOST);
		assert_int_equal(platform_msr_read(1, &value64), ERR_HOST);
		assert_int_equal(platform_msr_write(1, 1), ERR_HOST);
		assert_int_equal(ghcb_send_ipi(0, 0xe0), ERR_HOST);
		assert_int_equal(
			ghcb_page_state(gpa_make(MIB(64)), PAGE_SIZE, PSC_OP_PRIVATE), ERR_HOST);
		assert_int_equal(value, 7);
		assert_int_equal(value64, 8);
		tempmap_unmap(TEMP_DEVICE);
	}
}

// --- page-state changes

static struct psc_header *list_of(struct ghcb *ghcb)
{
	return (struct psc_header *)ghcb->shared_buffer;
}

static unsigned int psc_entries;
static uint16_t psc_next; // what the host says of how far it got
static uint64_t psc_error;

static bool host_counts(struct ghcb *ghcb)
{
	struct psc_header *header = list_of(ghcb);

	times++;
	psc_entries += header->end_entry + 1u - header->cur_entry;
	header->cur_entry = (uint16_t)(header->end_entry + 1);
	ghcb->sw_exit_info_2 = 0;
	fake_ghcb_answer(ghcb, GHCB_RESULT_OK);
	return true;
}

static void lists_are_split(void **context)
{
	static const struct {
		uint64_t start, size;
		unsigned int entries, exits;
	} rows[] = {
		{MIB(64), PAGE_SIZE, 1, 1},
		{MIB(64), HUGE_PAGE_SIZE, 1, 1},
		{MIB(64) + PAGE_SIZE, HUGE_PAGE_SIZE - PAGE_SIZE, 511, 3},
		{MIB(64) - PAGE_SIZE, HUGE_PAGE_SIZE + 2 * PAGE_SIZE, 3, 1},
		{MIB(64), 253 * HUGE_PAGE_SIZE, 253, 1},
		{MIB(64), 254 * HUGE_PAGE_SIZE, 254, 2},
		{MIB(64), 0, 0, 0},
	};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		fake_host_exit(host_counts);
		psc_entries = 0;
		assert_int_equal(
			ghcb_page_state(gpa_make(rows[i].start), rows[i].size, PSC_OP_SHARED), OK);
		assert_int_equal(psc_entries, rows[i].entries);
		assert_int_equal(times, rows[i].exits);
	}
}

static bool host_does_one(struct ghcb *ghcb)
{
	times++;
	list_of(ghcb)->cur_entry++;
	ghcb->sw_exit_info_2 = 0;
	fake_ghcb_answer(ghcb, GHCB_RESULT_OK);
	return true;
}

static bool host_says(struct ghcb *ghcb)
{
	times++;
	list_of(ghcb)->cur_entry = psc_next;
	ghcb->sw_exit_info_2 = psc_error;
	fake_ghcb_answer(ghcb, GHCB_RESULT_OK);
	return true;
}

// The host may do a part; it must get on, and not beyond the end.
static void the_host_must_get_on(void **context)
{
	static const struct {
		uint16_t next;
		uint64_t error;
		enum error answer;
	} rows[] = {
		{0, 0, ERR_HOST}, {11, 0, ERR_HOST}, {UINT16_MAX, 0, ERR_HOST}, {10, 0, OK},
		{10, PSC_ERROR_INVALID_ENTRY, ERR_HOST}, {10, 1, ERR_HOST},
		{5, 0, ERR_HOST}, // and stays there
	};

	(void)context;
	begin();
	fake_host_exit(host_does_one);
	assert_int_equal(ghcb_page_state(gpa_make(MIB(64)), 10 * PAGE_SIZE, PSC_OP_SHARED), OK);
	assert_int_equal(times, 10);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		fake_host_exit(host_says);
		psc_next = rows[i].next;
		psc_error = rows[i].error;
		assert_int_equal(ghcb_page_state(gpa_make(MIB(64)), 10 * PAGE_SIZE, PSC_OP_SHARED),
			rows[i].answer);
		assert_true(times <= 2);
	}
}

// --- the MSR protocol

static uint64_t msr_request, msr_change;

static uint64_t host_changes(uint64_t request, uint64_t usual)
{
	msr_request = request;
	return usual ^ msr_change;
}

static void msr_answers_are_checked(void **context)
{
	uint64_t features = 5;

	(void)context;
	for (unsigned int bit = 0; bit < 64; bit++) {
		begin();
		fake_host_msr(host_changes);
		msr_change = BIT(bit);
		// Every other bit would be another page, or an error.
		assert_int_equal(ghcb_msr_register(gpa_make(MIB(64))), ERR_HOST);
		assert_int_equal(ghcb_msr_page_state(gpa_make(MIB(64)), PSC_OP_PRIVATE), ERR_HOST);
		enum error err = ghcb_msr_hv_features(&features);

		assert_int_equal(err, bit < 12 ? ERR_HOST : OK);
	}
	begin();
	fake_host_msr(host_changes);
	msr_change = 0;
	assert_int_equal(ghcb_msr_page_state(gpa_make(MIB(64)), PSC_OP_SHARED), OK);
	assert_int_equal(msr_request, (uint64_t)PSC_OP_SHARED << 52 | MIB(64) | GHCB_MSR_PSC_REQ);
	assert_true(fake_is_shared(MIB(64)));
}

static void the_msr_points_to_the_ghcb_again(void **context)
{
	uint32_t value = 0;

	(void)context;
	fake_reset();
	assert_int_equal(ghcb_msr_page_state(gpa_make(MIB(64)), PSC_OP_PRIVATE), OK);
	// The fake's host stops the program if the MSR does not hold the registered GHCB.
	assert_int_equal(platform_port_read(0x3f8, 1, &value), OK);
	assert_int_equal(value, 0xff);
}

// --- running, and events

static void run_guest(void *ran)
{
	*(bool *)ran = platform_run_guest();
}

static void answers_to_run_vmpl(void **context)
{
	static const struct {
		uint64_t answer;
		int reason;
		bool ran;
	} rows[] = {
		{FAKE_EVENT_FIRST, FAKE_RETURNED, true},
		{GHCB_RESULT_OK, FAKE_RETURNED, true},
		{GHCB_RESULT_MALFORMED, FAKE_RETURNED, false}, // no vCPU there
		{GHCB_RESULT_EXCEPTION, TERMINATE_RUN_VMPL, false},
		{FAKE_NO_ANSWER, TERMINATE_RUN_VMPL, false},
		{3, TERMINATE_RUN_VMPL, false},
		{UINT32_MAX, TERMINATE_RUN_VMPL, false},
	};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool ran = false;

		fake_reset();
		fake_guest_answer(rows[i].answer);
		assert_int_equal(fake_try(run_guest, &ran), rows[i].reason);
		assert_int_equal(ran, rows[i].ran);
	}
}

static void take_events(void *unused)
{
	(void)unused;
	platform_take_events();
}

static void events_are_taken(void **context)
{
	(void)context;
	begin();
	struct hv_doorbell *doorbell = (struct hv_doorbell *)DOORBELL_VA;

	take_events(NULL);
	assert_int_equal(times, 0);
	doorbell->vector = 0xe0;
	doorbell->flags = HV_DOORBELL_NO_FURTHER_SIGNAL | HV_DOORBELL_NMI;
	take_events(NULL);
	assert_int_equal(doorbell->vector, 0);
	assert_int_equal(doorbell->flags, 0);
	assert_asked(VMEXIT_MSR, 1, 0); // end of interrupt
	assert_int_equal(asked.rcx, 0x80b);
	times = 0;
	doorbell->vector = 0xe0;
	doorbell->no_eoi_required = 1;
	take_events(NULL);
	assert_int_equal(times, 0);
	assert_int_equal(doorbell->no_eoi_required, 0);
	fake_reset();
	doorbell->flags = HV_DOORBELL_MCE;
	assert_int_equal(fake_try(take_events, NULL), TERMINATE_MACHINE_CHECK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_ports),
		cmocka_unit_test(refuses_other_sizes),
		cmocka_unit_test(reads_and_writes_registers),
		cmocka_unit_test(refusals_are_errors),
		cmocka_unit_test(lists_are_split),
		cmocka_unit_test(the_host_must_get_on),
		cmocka_unit_test(msr_answers_are_checked),
		cmocka_unit_test(the_msr_points_to_the_ghcb_again),
		cmocka_unit_test(answers_to_run_vmpl),
		cmocka_unit_test(events_are_taken),
	};

	return host_run("ghcb", tests, NULL);
}
