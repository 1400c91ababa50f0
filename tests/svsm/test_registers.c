// SPDX-License-Identifier: MIT
// x87, SSE and AVX registers of services: they outlive a slice and another service's turn, and
// nobody sees another's.
#include "hw/x86.h"
#include "kernel/cpu.h"
#include "kernel/cpuid.h"
#include "kernel/cpus.h"
#include "lib/string.h"
#include "tests/svsm/actors.h"
#include "tests/svsm/programs/registers.h"
#include "tests/svsm/random.h"

#define REGISTERS   16
#define X87	    8
#define ST_SIZE	    10
#define KEEP_TURNS  400000000ull // many slices
#define OTHER_TURNS 1000
#define SLICES_MAX  10000
#define FCW_START   0x37f
#define MXCSR_START 0x1f80
#define FCW_OTHER   0x0f7f // rounds towards zero
#define MXCSR_OTHER 0xff80 // the same, and no denormal numbers
#define WORD	    8
#define CALL_OF(id) ((struct vcpu *)&callers[id]) // only compared

static struct registers wanted[2], seen;
static uint8_t callers[2];

static bool has_avx(void)
{
	const struct snp_cpuid_entry *leaf = cpuid_find(CPUID_LEAF_FEATURES, 0);

	return leaf != NULL && (leaf->ecx & CPUID_1_ECX_AVX) != 0 &&
	       (cpu_read_cr4() & CR4_OSXSAVE) != 0;
}

// No word of one is a word of the other.
static void fill(struct registers *registers, uint64_t seed)
{
	uint8_t *bytes = (uint8_t *)registers;
	uint16_t fcw = FCW_OTHER;
	uint32_t mxcsr = MXCSR_OTHER;

	for (size_t i = 0; i < sizeof(*registers); i++)
		bytes[i] = (uint8_t)random_next(&seed);
	memset(registers->fx, 0, FX_ST(0));
	memset(registers->fx + FX_XMM(REGISTERS), 0, sizeof(registers->fx) - FX_XMM(REGISTERS));
	memcpy(registers->fx, &fcw, sizeof(fcw));
	registers->fx[FX_FTW] = 0xff;
	memcpy(registers->fx + FX_MXCSR, &mxcsr, sizeof(mxcsr));
}

static void expect_same(const struct registers *got, const struct registers *want, bool avx)
{
	EXPECT(memcmp(got->fx, want->fx, 2) == 0);
	EXPECT_EQ(got->fx[FX_FTW], want->fx[FX_FTW]);
	EXPECT(memcmp(got->fx + FX_MXCSR, want->fx + FX_MXCSR, 4) == 0);
	for (int i = 0; i < X87; i++)
		EXPECT(memcmp(got->fx + FX_ST(i), want->fx + FX_ST(i), ST_SIZE) == 0);
	EXPECT(memcmp(got->fx + FX_XMM(0), want->fx + FX_XMM(0), FX_XMM(REGISTERS) - FX_XMM(0)) ==
		0);
	if (avx)
		EXPECT(memcmp(got->high, want->high, sizeof(got->high)) == 0);
}

static enum error keep(
	unsigned int actor, const struct registers *registers, uint64_t turns, unsigned int times)
{
	const struct request request = {
		.vcpu = CALL_OF(actor),
		.protocol = 100 + actor,
		.call = PROBE_REGISTERS,
		.rcx = turns,
		.rdx = has_avx(),
	};

	memcpy(asked.data, registers, sizeof(*registers));
	asked.size = sizeof(*registers);
	enum error err = actor_ask_times(actor, &request, times);

	memcpy(&seen, asked.data, sizeof(seen));
	return err;
}

static bool actors_make(void)
{
	actors_begin();
	fill(&wanted[0], 11);
	fill(&wanted[1], 12);
	return actor_start(0) && actor_start(1);
}

// The first one is stopped again and again; each time the other one loads its own.
static void turns_check(bool avx)
{
	unsigned int slices = 0;
	enum error err = keep(0, &wanted[0], KEEP_TURNS, 1);

	for (; err == ERR_SVSM_INCOMPLETE && slices < SLICES_MAX; slices++) {
		EXPECT_EQ(keep(1, &wanted[1], OTHER_TURNS, SLICES_MAX), OK);
		expect_same(&seen, &wanted[1], avx);
		err = keep(0, &wanted[0], KEEP_TURNS, 1);
	}
	EXPECT_EQ(err, OK);
	expect_same(&seen, &wanted[0], avx);
	EXPECT(slices > 3);
	suite_note("%u slices", slices);
}

static void turns_check_disturbed(bool avx)
{
	static atomic_bool end;

	if (!actors_make())
		return;
	atomic_store(&end, false);
	job_start(1, job_disturb, &end);
	turns_check(avx);
	atomic_store(&end, true);
	job_wait(1);
	actors_end();
}

static void test_turns(void)
{
	turns_check_disturbed(false);
}

static void test_turns_avx(void)
{
	if (has_avx())
		turns_check_disturbed(true);
	else
		suite_skip("the processor offers no XSAVE and AVX here");
}

static uint64_t word_at(const void *bytes, size_t at)
{
	uint64_t word = 0;

	memcpy(&word, (const uint8_t *)bytes + at, sizeof(word));
	return word;
}

// Any word of the first one's in what the other one sees
static bool holds_word_of(const struct registers *got, const struct registers *other)
{
	for (size_t i = 0; i + WORD <= sizeof(*got); i += 2) {
		for (size_t j = 0; j + WORD <= sizeof(*other); j += 2) {
			if (word_at(got, i) != 0 && word_at(got, i) == word_at(other, j))
				return true;
		}
	}
	return false;
}

static void look(unsigned int actor)
{
	struct registers nothing = {0};

	EXPECT_EQ(keep(actor, &nothing, 0, SLICES_MAX), OK);
}

// The first one leaves all registers full; who comes then, old or new, has its own or zeros.
static void test_leaks(void)
{
	uint16_t fcw = 0;
	uint32_t mxcsr = 0;

	if (!actors_make())
		return;
	EXPECT_EQ(keep(0, &wanted[0], OTHER_TURNS, SLICES_MAX), OK);
	look(1);
	EXPECT(!holds_word_of(&seen, &wanted[0]));
	EXPECT_EQ(keep(0, &wanted[0], OTHER_TURNS, SLICES_MAX), OK);
	EXPECT(actor_start(2));
	look(2);
	EXPECT(!holds_word_of(&seen, &wanted[0]));
	memcpy(&fcw, seen.fx, sizeof(fcw));
	memcpy(&mxcsr, seen.fx + FX_MXCSR, sizeof(mxcsr));
	EXPECT_EQ(fcw, FCW_START);
	EXPECT_EQ(mxcsr, MXCSR_START);
	EXPECT_EQ(seen.fx[FX_FTW], 0);
	// What it looked for is there: the first one sees its own.
	look(0);
	EXPECT(holds_word_of(&seen, &wanted[0]));
	actors_end();
}

static const struct test test_registers_tests[] = {
	TEST("x87 and SSE over slices", test_turns, .cpus = 2),
	TEST("AVX over slices", test_turns_avx, .cpus = 2),
	TEST("none is another's", test_leaks),
};
TEST_GROUP(test_registers, "registers");
