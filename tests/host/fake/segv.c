// SPDX-License-Identifier: MIT
// Faults of the kernel's plain accesses: the TLB is filled, or the kernel gets its exception.
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "hw/svm.h"
#include "hw/x86.h"
#include "kernel/trap.h"
#include "tests/host/fake/internal.h"

static struct sigaction before;

static _Noreturn void fault_in_kernel(
	enum fake_access access, uint64_t va, const ucontext_t *context)
{
	struct trap_frame frame = {
		.vector = access == ACCESS_NOT_VALID ? VEC_VC : VEC_PF,
		.error = access == ACCESS_NOT_VALID ? VMEXIT_PAGE_NOT_VALIDATED : 0,
		.rip = (uint64_t)context->uc_mcontext.gregs[REG_RIP],
		.rsp = (uint64_t)context->uc_mcontext.gregs[REG_RSP],
	};

	trap_dispatch(&frame);
	fake_die("the kernel went on after a fault at 0x%lx", va);
}

static void segv_handle(int number, siginfo_t *info, void *context)
{
	uint64_t va = (uint64_t)info->si_addr;
	const ucontext_t *uc = context;
	bool write = (uc->uc_mcontext.gregs[REG_ERR] & PF_W) != 0;
	uint64_t gpa = 0;

	if (!fake_va_is_kernel(va)) {
		// Not ours: it happens again under the handler that was there before.
		sigaction(number, &before, NULL);
		return;
	}
	enum fake_access access = fake_translate(va, write, &gpa);

	if (access == ACCESS_OK && va >= PERCPU_VA)
		memory_tlb_map(va);
	else
		fault_in_kernel(access, va, uc);
}

void segv_install(void)
{
	struct sigaction action = {
		.sa_sigaction = segv_handle,
		// The kernel's report of a fault touches the window itself.
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};
	struct sigaction now;

	sigaction(SIGSEGV, &action, &now);
	if ((now.sa_flags & SA_SIGINFO) == 0 || now.sa_sigaction != segv_handle)
		before = now;
}

// What assembly brings: addresses of entries that nobody enters, and one place that may fault.
#define ENTRY(n) (0x1234567800000000ul + 16 * (n))
#define FOUR(n)	 ENTRY(n), ENTRY((n) + 1), ENTRY((n) + 2), ENTRY((n) + 3)
const uint64_t trap_entries[TRAP_COUNT] = {
	FOUR(0), FOUR(4), FOUR(8), FOUR(12), FOUR(16), FOUR(20), FOUR(24), FOUR(28)};

__attribute__((section("__ex_table"), used)) static const uint64_t ex_table[2] = {
	FAKE_INSN, FAKE_FIXUP};
