// SPDX-License-Identifier: MIT
// The calling convention: document 58019, section 4.
#include "tests/guest-bare/guest.h"

static uint64_t caa_gpas[BARE_CPUS_MAX];

struct svsm_caa *svsm_caa(void)
{
	return private_ptr(svsm_caa_gpa());
}

uint64_t svsm_caa_gpa(void)
{
	return caa_gpas[this_cpu()->index];
}

void svsm_caa_set(uint64_t gpa)
{
	caa_gpas[this_cpu()->index] = gpa;
}

static void registers_exit(struct svsm_call *call)
{
	register uint64_t r8 __asm__("r8") = call->r8;
	register uint64_t r9 __asm__("r9") = call->r9;

	__asm__ volatile("rep; vmmcall"
			 : "+a"(call->rax), "+c"(call->rcx), "+d"(call->rdx), "+r"(r8), "+r"(r9)
			 :
			 : "memory");
	call->r8 = r8;
	call->r9 = r9;
}

uint64_t svsm_exit(struct svsm_call *call)
{
	struct ghcb *ghcb = ghcb_begin();

	GHCB_SET(ghcb, sw_exit_code, GHCB_EXIT_RUN_VMPL);
	GHCB_SET(ghcb, sw_exit_info_1, 0);
	GHCB_SET(ghcb, sw_exit_info_2, 0);
	wrmsr(MSR_GHCB, this_cpu()->ghcb_gpa);
	registers_exit(call);
	if (ghcb->sw_exit_info_1)
		report_abort("the host refuses to run VMPL0: 0x%lx", ghcb->sw_exit_info_1);
	return call->rax;
}

static void pending_check(void)
{
	if (__atomic_exchange_n(&svsm_caa()->call_pending, 0, __ATOMIC_SEQ_CST))
		report_abort("CPU %u: the SVSM did not take the call", this_cpu()->index);
}

uint64_t svsm_call(struct svsm_call *call)
{
	__atomic_store_n(&svsm_caa()->call_pending, 1, __ATOMIC_SEQ_CST);
	svsm_exit(call);
	pending_check();
	return call->rax;
}

uint64_t svsm_call_msr(struct svsm_call *call)
{
	__atomic_store_n(&svsm_caa()->call_pending, 1, __ATOMIC_SEQ_CST);
	wrmsr(MSR_GHCB, GHCB_MSR_RUN_VMPL_REQ);
	registers_exit(call);
	if (rdmsr(MSR_GHCB) != GHCB_MSR_RUN_VMPL_RESP)
		report_abort("the host refuses to run VMPL0: MSR 0x%lx", rdmsr(MSR_GHCB));
	pending_check();
	return call->rax;
}

uint64_t svsm_core(uint32_t number, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	struct svsm_call call = {SVSM_CALL(SVSM_PROTOCOL_CORE, number), rcx, rdx, r8, 0};

	return svsm_call(&call);
}
