// SPDX-License-Identifier: MIT
// #VC and #HV that the kernel does not want.
#include "hw/ghcb.h"
#include "hw/svm.h"
#include "hw/x86.h"
#include "kernel/cpu.h"
#include "kernel/layout.h"
#include "tests/svsm/suite.h"

#define ONLY_SNP "there is no #VC here"

void call_on_stack(uint64_t top, void (*run)(void *), void *argument); // stack.S
uint64_t hv_at(uint64_t rip, const struct hv_doorbell *doorbell);

#define DOORBELL ((const struct hv_doorbell *)DOORBELL_VA)

// Each is one instruction and returns.
#define RAISER(name, instruction, ...)                                                             \
	static void name(void *argument)                                                           \
	{                                                                                          \
		(void)argument;                                                                    \
		__asm__ volatile(instruction ::__VA_ARGS__                                         \
				 : "rax", "rbx", "rcx", "rdx", "memory");                          \
	}
RAISER(raise_cpuid, "xorl %%eax, %%eax; cpuid")
RAISER(raise_rdmsr, "movl $0x2ff, %%ecx; rdmsr")
RAISER(raise_wrmsr, "movl $0x2ff, %%ecx; xorl %%eax, %%eax; xorl %%edx, %%edx; wrmsr")
RAISER(raise_vmmcall, ".byte 0x0f, 0x01, 0xd9")
RAISER(raise_wbinvd, "wbinvd")
RAISER(raise_in, "movl $0x80, %%edx; inb %%dx, %%al")
RAISER(raise_out, "movl $0x80, %%edx; outb %%al, %%dx")
RAISER(raise_in_immediate, "inb $0x80, %%al")

static const struct {
	void (*run)(void *);
	uint64_t exit_code;
	const char *says;
} raisers[] = {
	{raise_cpuid, VMEXIT_CPUID, "#VC: CPUID, which the kernel does not execute"},
	{raise_rdmsr, VMEXIT_MSR, "#VC: RDMSR, which the kernel does not execute"},
	{raise_wrmsr, VMEXIT_MSR, "#VC: WRMSR, which the kernel does not execute"},
	{raise_vmmcall, VMEXIT_VMMCALL, "#VC: VMMCALL, which the kernel does not execute"},
	{raise_wbinvd, VMEXIT_WBINVD, "#VC: WBINVD, which the kernel does not execute"},
	{raise_in, VMEXIT_IOIO, "#VC: IN, which the kernel does not execute"},
	{raise_out, VMEXIT_IOIO, "#VC: OUT, which the kernel does not execute"},
	{raise_in_immediate, VMEXIT_IOIO, "#VC: exit code 0x7b does not go with the instruction"},
};

static void test_instructions(void)
{
	struct caught caught;

	for (size_t i = 0; i < ARRAY_SIZE(raisers); i++) {
		console_mute(true);
		enum caught_kind kind = catch_end(&caught, raisers[i].run, NULL);

		console_mute(false);
		if (!EXPECT_EQ(kind, CAUGHT_TRAP) || !EXPECT_EQ(caught.vector, VEC_VC) ||
			!EXPECT_EQ(caught.error, raisers[i].exit_code) ||
			!EXPECT_EQ(caught.reason, TERMINATE_VC) ||
			!EXPECT(log_holds(raisers[i].says)))
			suite_note("of %s", raisers[i].says);
	}
}

static void on_stack(void *run)
{
	call_on_stack(STACK_VC_TOP, (void (*)(void *))run, NULL);
}

// A #VC on the stack of #VC, which is used already
static void test_nested_vc(void)
{
	struct caught caught;

	EXPECT_EQ(catch_end(&caught, on_stack, (void *)raise_cpuid), CAUGHT_TERMINATE);
	EXPECT_EQ(caught.reason, TERMINATE_NESTED_VC);
}

static void wake_self(void *argument)
{
	(void)argument;
	EXPECT_EQ(platform_wake_cpu(this_cpu()->cpu), OK);
}

static void wake_on_stack(void *argument)
{
	call_on_stack(STACK_HV_TOP, wake_self, argument);
}

// #HV on the stack of #HV
static void test_nested_hv(void)
{
	struct caught caught;

	platform_take_events();
	EXPECT_EQ(catch_end(&caught, wake_on_stack, NULL), CAUGHT_TERMINATE);
	EXPECT_EQ(caught.reason, TERMINATE_NESTED_HV);
	platform_take_events();
}

// #HV in the middle of C: nothing of what runs is changed.
static void test_hv_anywhere(void)
{
	for (int i = 0; i < 200; i++) {
		platform_take_events();
		EXPECT_EQ(platform_wake_cpu(this_cpu()->cpu), OK);
	}
	platform_take_events();
}

// guest_switch.S
extern const uint8_t guest_window_start[], guest_window_end[];
extern const uint8_t idle_window_start[], idle_window_end[];

// An event between the look at the doorbell page and the exit: the exit is left out. After it
// the answer of the host is what counts.
static void test_hv_before_guest(void)
{
	uint64_t start = (uint64_t)guest_window_start;
	uint64_t end = (uint64_t)guest_window_end;

	EXPECT(end > start);
	for (uint64_t rip = start; rip < end; rip++)
		EXPECT_EQ(hv_at(rip, DOORBELL), 0);
	EXPECT_EQ(hv_at(end, DOORBELL), 1);
}

// The same before sleep: this ends because it does not sleep.
static void test_hv_before_sleep(void)
{
	platform_take_events();
	for (uint64_t rip = (uint64_t)idle_window_start; rip <= (uint64_t)idle_window_end; rip++)
		hv_at(rip, DOORBELL);
	EXPECT((uint64_t)idle_window_end > (uint64_t)idle_window_start);
}

static const struct test test_vc_tests[] = {
	TEST("instructions", test_instructions, .snp = ONLY_SNP),
	TEST("nested-vc", test_nested_vc, .snp = ONLY_SNP),
	TEST("nested-hv", test_nested_hv, .snp = ONLY_SNP),
	TEST("hv-anywhere", test_hv_anywhere, .snp = ONLY_SNP),
	TEST("hv-before-guest", test_hv_before_guest, .snp = ONLY_SNP),
	TEST("hv-before-sleep", test_hv_before_sleep, .snp = ONLY_SNP),
};
TEST_GROUP(test_vc, "vc");
