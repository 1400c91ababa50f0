// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the SVSM: by the MSR protocol, and through the calling area that the kernel has told it.
 * Source: "Secure VM Service Module for SEV-SNP Guests", AMD document 58019, section 5.
 */

#include "svsm.h"

#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/processor.h>
#include <linux/timekeeping.h>

#include <asm/msr.h>
#include <asm/sev-common.h>

/* REBOOT: a CPU that the host does not run has not stopped in time. */
#define SVSM_ERR_VCPU_IN_USE 0x80001003

/* How often a call is tried that does not reach the SVSM. */
#define TRIES 16

/* For how long a call is repeated that the SVSM has not ended. */
#define PATIENCE_NS (30 * NSEC_PER_SEC)

/*
 * The kernel answers reads of the MSR; they are not the host's to answer. The area is the kernel's
 * own memory.
 */
struct svsm_ca *svsm_calling_area(void)
{
	struct svsm_ca *ca;
	u64 pa;

	if (rdmsrq_safe(MSR_SVSM_CAA, &pa) || !pa || !PAGE_ALIGNED(pa))
		return NULL;
	ca = __va(pa);
	return virt_addr_valid(ca) ? ca : NULL;
}

static void svsm_exit(struct svsm_call *call)
{
	register unsigned long r8 asm("r8");
	register unsigned long r9 asm("r9");
	unsigned long rax = call->rax;
	unsigned long rcx = call->rcx;
	unsigned long rdx = call->rdx;

	/* After all that may use registers. */
	r8 = call->r8;
	r9 = call->r9;
	asm volatile("rep; vmmcall\n\t"
		     : "+a"(rax), "+c"(rcx), "+d"(rdx), "+r"(r8), "+r"(r9)
		     :
		     : "memory");

	call->rax_out = rax;
	call->rcx_out = rcx;
	call->rdx_out = rdx;
	call->r8_out = r8;
	call->r9_out = r9;
}

/*
 * By the MSR protocol, since the GHCB page of this CPU is not a module's to use. An NMI between the
 * MSR's write and the exit may use that page and leave its address in the MSR. What the host makes
 * of the exit then does not matter: the SVSM alone clears call_pending.
 */
static u64 svsm_call_once(struct svsm_call *call)
{
	u64 msr, answer;
	u8 pending;

	msr = native_rdmsrq(MSR_AMD64_SEV_ES_GHCB);
	native_wrmsrq(MSR_AMD64_SEV_ES_GHCB, GHCB_MSR_VMPL_REQ_LEVEL(0));

	call->caa->call_pending = 1;
	svsm_exit(call);
	pending = xchg(&call->caa->call_pending, 0);

	answer = native_rdmsrq(MSR_AMD64_SEV_ES_GHCB);
	native_wrmsrq(MSR_AMD64_SEV_ES_GHCB, msr);

	if (pending || (answer & GHCB_MSR_INFO_MASK) != GHCB_MSR_VMPL_RESP ||
		GHCB_MSR_VMPL_RESP_VAL(answer))
		return SVSM_NOT_CALLED;
	return call->rax_out;
}

u64 svsm_call_now(struct svsm_call *call)
{
	unsigned int tries = TRIES;
	u64 result = SVSM_NOT_CALLED;

	while (call->caa && result == SVSM_NOT_CALLED && tries--)
		result = svsm_call_once(call);
	return result;
}

static u64 svsm_call_this_cpu(struct svsm_call *call)
{
	unsigned long flags;
	u64 result;

	local_irq_save(flags);
	call->caa = svsm_calling_area();
	result = svsm_call_now(call);
	local_irq_restore(flags);
	return result;
}

static bool svsm_call_goes_on(u64 result)
{
	return result == SVSM_ERR_INCOMPLETE || result == SVSM_ERR_BUSY ||
	       result == SVSM_ERR_VCPU_IN_USE;
}

/*
 * Between two tries interrupts come in where the caller has them on, and the call may go on from
 * another CPU.
 */
u64 svsm_call(struct svsm_call *call)
{
	u64 end = ktime_get_mono_fast_ns() + PATIENCE_NS;
	u64 result;

	for (;;) {
		result = svsm_call_this_cpu(call);
		if (!svsm_call_goes_on(result) || ktime_get_mono_fast_ns() > end)
			return result;
		cpu_relax();
	}
}
