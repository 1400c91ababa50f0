// SPDX-License-Identifier: MIT
// The machine's instruction decoder: prefixes, the opcode's place, fetches over a page's end, and
// which register a number means.
#include <string.h>

#include "hw/x86.h"
#include "machine/cpu/processor.h"
#include "tests/unit/unit.h"

#define RIP 0x7ff0ull // sixteen bytes before the end of its page

static struct vmcb vmcb;
static struct plane plane;
static uint8_t code[32];
static bool second_page_present;

bool walk_fetch(struct plane *p, uint64_t linear, void *to, size_t size)
{
	uint64_t first = RIP + (plane_is_64bit(p) ? 0 : vmcb.save.cs.base);

	assert_ptr_equal(p, &plane);
	assert_in_range(linear - first, 0, sizeof(code));
	// Never more than one page is asked for at a time.
	assert_int_equal(linear / PAGE_SIZE, (linear + size - 1) / PAGE_SIZE);
	if (linear / PAGE_SIZE != first / PAGE_SIZE && !second_page_present)
		return false;
	memcpy(to, code + (linear - first), size);
	return true;
}

static void begin(bool long_mode, uint64_t rip, const uint8_t *bytes, size_t size)
{
	memset(&vmcb, 0, sizeof(vmcb));
	memset(&plane, 0, sizeof(plane));
	memset(code, 0x90, sizeof(code));
	memcpy(code + (rip - RIP), bytes, size);
	plane.core.vmcb = &vmcb;
	vmcb.save.rip = rip;
	vmcb.save.efer = long_mode ? EFER_LMA : 0;
	vmcb.save.cs.attrib = long_mode ? SEG_ATTR_L : 0;
	second_page_present = true;
}

static void finds_the_opcode(void **context)
{
	static const struct {
		uint8_t bytes[15];
		uint8_t size;
		bool long_mode;
		uint8_t opcode, rex;
		bool rep, repne, opsize;
	} rows[] = {
		{{0x0f, 0x01}, 2, true, 0, 0, false, false, false},
		{{0xf3, 0x0f, 0x01, 0xfe}, 4, true, 1, 0, true, false, false},
		{{0xf2, 0x0f, 0x01, 0xff}, 4, true, 1, 0, false, true, false},
		{{0xf2, 0xf3, 0x0f}, 3, true, 2, 0, true, false, false}, // the last one counts
		{{0xf3, 0xf2, 0x0f}, 3, true, 2, 0, false, true, false},
		{{0x66, 0x0f, 0xc7}, 3, true, 1, 0, false, false, true},
		{{0x48, 0x0f, 0xc7}, 3, true, 1, 0x48, false, false, false},
		{{0x66, 0x4f, 0x0f}, 3, true, 2, 0x4f, false, false, true},
		{{0x48, 0x0f}, 2, false, 0, 0, false, false, false}, // DEC outside 64-bit mode
		{{0x67, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0xf0, 0x0f}, 9, true, 8, 0, false,
			false, false},
		{{0xf3, 0x66, 0x67, 0xf0, 0x41, 0x0f}, 6, true, 5, 0x41, true, false, true},
	};

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct instruction insn;

		begin(rows[i].long_mode, RIP, rows[i].bytes, rows[i].size);
		assert_true(decode_fetch(&plane, &insn));
		assert_int_equal(insn.length, 15);
		assert_int_equal(insn.opcode, rows[i].opcode);
		assert_int_equal(insn.rex, rows[i].rex);
		assert_int_equal(insn.rep, rows[i].rep);
		assert_int_equal(insn.repne, rows[i].repne);
		assert_int_equal(insn.opsize, rows[i].opsize);
		assert_memory_equal(insn.bytes, rows[i].bytes, rows[i].size);
	}
}

// Fifteen bytes are all there can be; nothing but prefixes is no instruction.
static void prefixes_alone_are_none(void **context)
{
	uint8_t prefixes[15];
	struct instruction insn;

	(void)context;
	memset(prefixes, 0x66, sizeof(prefixes));
	begin(true, RIP, prefixes, sizeof(prefixes));
	assert_false(decode_fetch(&plane, &insn));
	begin(true, RIP, prefixes, sizeof(prefixes) - 1);
	assert_true(decode_fetch(&plane, &insn));
	assert_int_equal(insn.opcode, 14);
}

// The instruction lies over the end of its page, and the next page may be missing.
static void fetches_over_the_end_of_a_page(void **context)
{
	static const uint8_t bytes[4] = {0xf3, 0x0f, 0x01, 0xfe};
	struct instruction insn;

	(void)context;
	for (unsigned int before = 1; before <= 15; before++) {
		uint64_t rip = RIP + 16 - before;

		for (int present = 0; present < 2; present++) {
			begin(true, rip, bytes, MIN(sizeof(bytes), sizeof(code) - (rip - RIP)));
			second_page_present = present != 0;
			bool found = decode_fetch(&plane, &insn);

			assert_int_equal(insn.length, present != 0 ? 15 : before);
			assert_int_equal(found, present != 0 || before > 1);
			assert_memory_equal(
				insn.bytes, bytes, MIN(sizeof(bytes), (size_t)insn.length));
		}
	}
}

static void the_code_segment_has_a_base(void **context)
{
	static const uint8_t bytes[2] = {0x0f, 0xa2};
	struct instruction insn;

	(void)context;
	begin(false, RIP, bytes, sizeof(bytes));
	vmcb.save.cs.base = 0xf0000;
	assert_true(decode_fetch(&plane, &insn));
	assert_int_equal(insn.bytes[1], 0xa2);
	begin(true, RIP, bytes, sizeof(bytes));
	vmcb.save.cs.base = 0xf0000; // has none in 64-bit mode
	assert_true(decode_fetch(&plane, &insn));
	assert_int_equal(insn.bytes[1], 0xa2);
}

static void numbers_name_registers(void **context)
{
	struct guest_regs *regs = &plane.core.regs;
	uint64_t *const expected[16] = {&vmcb.save.rax, &regs->rcx, &regs->rdx, &regs->rbx,
		&vmcb.save.rsp, &regs->rbp, &regs->rsi, &regs->rdi, &regs->r8, &regs->r9,
		&regs->r10, &regs->r11, &regs->r12, &regs->r13, &regs->r14, &regs->r15};

	(void)context;
	begin(true, RIP, code, 0);
	for (unsigned int i = 0; i < 16; i++)
		assert_ptr_equal(decode_register(&plane, i), expected[i]);
}

static void goes_on_behind_the_instruction(void **context)
{
	(void)context;
	begin(true, RIP, code, 0);
	vmcb.save.rip = 0xffffffff;
	vmcb.control.int_state = 1; // the shadow of the instruction before
	plane_advance(&plane, 3);
	assert_int_equal(vmcb.save.rip, 0x100000002);
	assert_int_equal(vmcb.control.int_state, 0);
	begin(false, RIP, code, 0);
	vmcb.save.rip = 0xffffffff;
	plane_advance(&plane, 3);
	assert_int_equal(vmcb.save.rip, 2);
	vmcb.save.cpl = 3;
	assert_int_equal(plane_cpl(&plane), 3);
	// Both bits make 64-bit mode.
	begin(true, RIP, code, 0);
	assert_true(plane_is_64bit(&plane));
	vmcb.save.cs.attrib = 0;
	assert_false(plane_is_64bit(&plane));
	vmcb.save.cs.attrib = SEG_ATTR_L;
	vmcb.save.efer = EFER_LME;
	assert_false(plane_is_64bit(&plane));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_opcode),
		cmocka_unit_test(prefixes_alone_are_none),
		cmocka_unit_test(fetches_over_the_end_of_a_page),
		cmocka_unit_test(the_code_segment_has_a_base),
		cmocka_unit_test(numbers_name_registers),
		cmocka_unit_test(goes_on_behind_the_instruction),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
