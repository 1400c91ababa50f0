// SPDX-License-Identifier: MIT
// GHCB pages that break the format. Source: document 56421, sections 2.5 and 4.1.
#include "lib/string.h"
#include "tests/conformance/conformance.h"

#define MALFORMED(code) ((uint64_t)GHCB_RESULT_MALFORMED << 32 | (code))
#define MISSING		MALFORMED(GHCB_ERR_MISSING_INPUT)
#define SCRATCH		MALFORMED(GHCB_ERR_INVALID_SCRATCH_AREA)
#define INVALID		MALFORMED(GHCB_ERR_INVALID_INPUT)
#define BUFFER		offsetof(struct ghcb, shared_buffer)
#define FIELD(name)	offsetof(struct ghcb, name)

static void unmark(struct ghcb *ghcb, size_t offset)
{
	ghcb->valid_bitmap[offset / 64] &= (uint8_t) ~(1u << offset / 8 % 8);
}

static void test_header(void)
{
	struct ghcb *other = shared_ptr(BARE_FREE_GPA);
	const size_t fields[] = {FIELD(sw_exit_code), FIELD(sw_exit_info_1), FIELD(sw_exit_info_2)};
	struct ghcb *ghcb;

	need_shared(BARE_FREE_GPA);
	ghcb = ghcb_begin();
	GHCB_SET(ghcb, sw_exit_code, GHCB_EXIT_HV_FEATURES);
	GHCB_SET(ghcb, sw_exit_info_1, 0);
	GHCB_SET(ghcb, sw_exit_info_2, 0);
	memcpy(other, ghcb, sizeof(*other));
	wrmsr(MSR_GHCB, BARE_FREE_GPA);
	vmgexit();
	expect((uint64_t)other->sw_exit_info_1 << 32 | other->sw_exit_info_2,
		MALFORMED(GHCB_ERR_NOT_REGISTERED), "page that is not registered");
	ghcb = ghcb_begin();
	ghcb->usage = 1;
	expect(answer_value(ghcb_exit(ghcb, GHCB_EXIT_HV_FEATURES, 0, 0)),
		MALFORMED(GHCB_ERR_INVALID_USAGE), "usage 1");
	ghcb = ghcb_begin();
	ghcb->protocol_version = GHCB_VERSION_MAX + 1;
	expect(answer_value(ghcb_exit(ghcb, GHCB_EXIT_HV_FEATURES, 0, 0)), INVALID,
		"version too high");
	for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
		ghcb = ghcb_begin();
		GHCB_SET(ghcb, sw_exit_code, GHCB_EXIT_HV_FEATURES);
		GHCB_SET(ghcb, sw_exit_info_1, 0);
		GHCB_SET(ghcb, sw_exit_info_2, 0);
		unmark(ghcb, fields[i]);
		expect(answer_value(ghcb_go(ghcb)), MISSING, "field at 0x%lx not marked valid",
			fields[i]);
	}
}

struct needs_row {
	const char *name;
	uint64_t code, info_1, info_2;
	size_t field[3]; // marked valid; 0: none
};

static void test_needs(void)
{
	static const struct needs_row rows[] = {
		{"CPUID without RAX", VMEXIT_CPUID, 0, 0, {FIELD(rcx)}},
		{"CPUID without RCX", VMEXIT_CPUID, 0, 0, {FIELD(rax)}},
		{"MSR without RCX", VMEXIT_MSR, 0, 0, {FIELD(rax), FIELD(rdx)}},
		{"MSR write without RAX", VMEXIT_MSR, 1, 0, {FIELD(rcx), FIELD(rdx)}},
		{"MSR write without RDX", VMEXIT_MSR, 1, 0, {FIELD(rcx), FIELD(rax)}},
		{"OUT without RAX", VMEXIT_IOIO, 0x80 << 16 | IOIO_SZ8, 0, {0}},
		{"DR7 write without RAX", VMEXIT_DR7_WRITE, 0, 0, {0}},
		{"RDPMC without RCX", VMEXIT_RDPMC, 0, 0, {0}},
		{"VMMCALL without CPL", VMEXIT_VMMCALL, 0, 0, {FIELD(rax)}},
		{"VMMCALL without RAX", VMEXIT_VMMCALL, 0, 0, {FIELD(cpl)}},
		{"MONITOR without RDX", VMEXIT_MONITOR, 0, 0, {FIELD(rax), FIELD(rcx)}},
		{"MWAIT without RCX", VMEXIT_MWAIT, 0, 0, {FIELD(rax)}},
		{"MMIO read without scratch", GHCB_EXIT_MMIO_READ, 0xfed00000, 4, {0}},
		{"MMIO write without scratch", GHCB_EXIT_MMIO_WRITE, 0xfed00000, 4, {0}},
		{"page state change without scratch", GHCB_EXIT_PSC, 0, 0, {0}},
		{"AP creation without RAX", GHCB_EXIT_AP_CREATION, AP_CREATE, 0, {0}},
		{"APIC id list without RAX", GHCB_EXIT_APIC_ID_LIST, 0, 0, {0}},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ghcb *ghcb = ghcb_begin();

		ghcb->rax = 0;
		for (unsigned f = 0; f < ARRAY_SIZE(rows[i].field); f++)
			if (rows[i].field[f])
				ghcb_mark(ghcb, rows[i].field[f]);
		expect(answer_value(ghcb_exit(ghcb, rows[i].code, rows[i].info_1, rows[i].info_2)),
			MISSING, "%s", rows[i].name);
	}
}

static void test_scratch(void)
{
	const uint64_t page = BARE_GHCB_GPA(0);
	const struct {
		const char *name;
		uint64_t scratch, size, want;
	} rows[] = {
		{"first bytes of the buffer", page + BUFFER, 4, 0},
		{"last bytes of the buffer", page + BUFFER + GHCB_SHARED_BUFFER_SIZE - 4, 4, 0},
		{"one byte too far", page + BUFFER + GHCB_SHARED_BUFFER_SIZE - 3, 4, SCRATCH},
		{"in front of the buffer", page + BUFFER - 1, 4, SCRATCH},
		{"start of the page", page, 4, SCRATCH},
		{"another shared page", BARE_FREE_GPA, 4, SCRATCH},
		{"below the page", page - 0x1000 + BUFFER, 4, SCRATCH},
		{"private memory", REGION(0), 4, SCRATCH},
		{"all ones", ~0ull, 4, SCRATCH},
		{"0", 0, 4, SCRATCH},
		{"MMIO of 3 bytes", page + BUFFER, 3, INVALID},
		{"MMIO of 16 bytes", page + BUFFER, 16, INVALID},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ghcb *ghcb = ghcb_begin();

		GHCB_SET(ghcb, sw_scratch, rows[i].scratch);
		expect(answer_value(ghcb_exit(ghcb, GHCB_EXIT_MMIO_READ, 0xfed00000, rows[i].size)),
			rows[i].want, "scratch area: %s", rows[i].name);
	}
}

static void test_invalid_input(void)
{
	const uint64_t com2 = 0x2f8ull << IOIO_PORT_SHIFT;
	const struct {
		const char *name;
		uint64_t code, info_1, info_2, want;
	} rows[] = {
		{"unknown exit code", 0x12345, 0, 0, MALFORMED(GHCB_ERR_INVALID_EVENT)},
		{"automatic exit's code", VMEXIT_HLT, 0, 0, MALFORMED(GHCB_ERR_INVALID_EVENT)},
		{"exit code of 64 bits", 0x100000000ull | VMEXIT_CPUID, 0, 0,
			MALFORMED(GHCB_ERR_INVALID_EVENT)},
		{"HV timer", GHCB_EXIT_HV_TIMER, 0, 0, MALFORMED(GHCB_ERR_INVALID_EVENT)},
		{"secure AVIC", GHCB_EXIT_SAVIC, 0, 0, MALFORMED(GHCB_ERR_INVALID_EVENT)},
		{"injection of VMPL1", GHCB_EXIT_CONFIGURE_INT_INJ, 0, 0,
			MALFORMED(GHCB_ERR_INVALID_EVENT)},
		{"end of alternate injection", GHCB_EXIT_DISABLE_ALT_INJ, 0, 0,
			MALFORMED(GHCB_ERR_INVALID_EVENT)},
		{"specific EOI", GHCB_EXIT_SPECIFIC_EOI, 0, 0, MALFORMED(GHCB_ERR_INVALID_EVENT)},
		{"IOIO without a size", VMEXIT_IOIO, com2 | IOIO_IN, 0, INVALID},
		{"IOIO with two sizes", VMEXIT_IOIO, com2 | IOIO_IN | IOIO_SZ8 | IOIO_SZ16, 0,
			INVALID},
		{"MSR direction 2", VMEXIT_MSR, 2, 0, INVALID},
		{"switch to VMPL4", GHCB_EXIT_RUN_VMPL, 4, 0, INVALID},
		{"switch to own VMPL", GHCB_EXIT_RUN_VMPL, 0, 0, INVALID},
		{"switch to a VMPL without a vCPU", GHCB_EXIT_RUN_VMPL, 3, 0, INVALID},
		{"AP jump table, unknown request", GHCB_EXIT_AP_JUMP_TABLE, 2, 0, INVALID},
		{"doorbell, unknown request", GHCB_EXIT_HV_DOORBELL, 4, 0, INVALID},
		{"MMIO of RAM", GHCB_EXIT_MMIO_READ, REGION(12), 4, INVALID},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ghcb *ghcb = ghcb_begin();

		GHCB_SET(ghcb, rax, 0);
		GHCB_SET(ghcb, rcx, 0);
		GHCB_SET(ghcb, sw_scratch, BARE_GHCB_GPA(0) + BUFFER);
		expect(answer_value(ghcb_exit(ghcb, rows[i].code, rows[i].info_1, rows[i].info_2)),
			rows[i].want, "%s", rows[i].name);
	}
}

void test_ghcb_format(void)
{
	test_header();
	test_needs();
	test_scratch();
	test_invalid_input();
}
