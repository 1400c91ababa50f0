// SPDX-License-Identifier: MIT
/*
 * #VC in the kernel. The kernel executes nothing that should raise it: what needs the host goes
 * through the GHCB on purpose. What is left: memory that the host took away (exit 0x404), expected
 * where guest memory is touched; the rest is the host's attack or our bug. Either way nothing is
 * emulated, so a host that lies about the exit code gains nothing.
 */
#include "hw/svm.h"
#include "hw/x86.h"
#include "kernel/layout.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/trap.h"
#include "lib/string.h"

// Exit codes that go with an instruction, and that instruction's bytes
static const struct {
	uint64_t exit_code;
	const char *name;
	uint8_t opcode[3];
	uint8_t size;
} vc_instructions[] = {
	{VMEXIT_CPUID, "CPUID", {0x0f, 0xa2}, 2},
	{VMEXIT_RDTSC, "RDTSC", {0x0f, 0x31}, 2},
	{VMEXIT_RDTSCP, "RDTSCP", {0x0f, 0x01, 0xf9}, 3},
	{VMEXIT_RDPMC, "RDPMC", {0x0f, 0x33}, 2},
	{VMEXIT_MSR, "RDMSR", {0x0f, 0x32}, 2},
	{VMEXIT_MSR, "WRMSR", {0x0f, 0x30}, 2},
	{VMEXIT_VMMCALL, "VMMCALL", {0x0f, 0x01, 0xd9}, 3},
	{VMEXIT_INVD, "INVD", {0x0f, 0x08}, 2},
	{VMEXIT_WBINVD, "WBINVD", {0x0f, 0x09}, 2},
	{VMEXIT_MONITOR, "MONITOR", {0x0f, 0x01, 0xc8}, 3},
	{VMEXIT_MWAIT, "MWAIT", {0x0f, 0x01, 0xc9}, 3},
	{VMEXIT_IOIO, "IN", {0xec}, 1},
	{VMEXIT_IOIO, "OUT", {0xee}, 1},
};

// The instruction that RIP points to, if it belongs to the exit code.
static const char *vc_match(uint64_t exit_code, const uint8_t *insn)
{
	for (size_t i = 0; i < ARRAY_SIZE(vc_instructions); i++) {
		if (vc_instructions[i].exit_code == exit_code &&
			memcmp(insn, vc_instructions[i].opcode, vc_instructions[i].size) == 0)
			return vc_instructions[i].name;
	}
	return NULL;
}

// The stack of #VC is used once: a second #VC on it would have overwritten the first one's frame.
static bool vc_is_nested(const struct trap_frame *frame)
{
	return STACK_VC_TOP - frame->rsp < STACK_VC_PAGES * PAGE_SIZE;
}

void vc_handle(struct trap_frame *frame)
{
	if (vc_is_nested(frame))
		terminate_now(TERMINATE_NESTED_VC);
	if (frame->error == VMEXIT_PAGE_NOT_VALIDATED) {
		uint64_t fixup = trap_find_fixup(frame->rip);

		if (fixup != 0) {
			frame->rip = fixup;
			return;
		}
		log_error("#VC: page not validated, address 0x%lx is the kernel's own", frame->rip);
		panic_trap(frame, TERMINATE_NOT_VALIDATED);
	}
	const char *name = vc_match(frame->error, (const uint8_t *)frame->rip);

	if (name != NULL)
		log_error("#VC: %s, which the kernel does not execute", name);
	else
		log_error("#VC: exit code 0x%lx does not go with the instruction", frame->error);
	panic_trap(frame, TERMINATE_VC);
}
