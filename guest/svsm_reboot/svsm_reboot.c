// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restart of a guest of SEV-SNP by its SVSM.
 *
 * What an SVSM does for its guest (pages, vCPUs, a vTPM) does not start anew with a reset of the
 * guest's CPUs, and a host can only start the whole VM again. An SVSM with version 2 of the core
 * protocol restarts the guest itself: call 8, REBOOT, does not return, and call 9, REBOOT_QUERY, tells
 * what it resets. Where that is on offer, this module is how Linux restarts; where the SVSM refuses,
 * Linux goes on with its other ways.
 *
 * Two hooks. A restart handler has reboot(2), after devices and other CPUs were shut down.
 * emergency_restart(), where a panic with panic=N ends and SysRq-b begins, calls no such handler, but
 * the dumpers of the kernel's log, with a reason of its own: all that was to be waited for has passed
 * then.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cc_platform.h>
#include <linux/irqflags.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/processor.h>
#include <linux/reboot.h>
#include <linux/timekeeping.h>

#include <asm/msr.h>
#include <asm/sev.h>
#include <asm/sev-common.h>

#define SVSM_CORE_QUERY_PROTOCOL	6
#define SVSM_CORE_REBOOT		8
#define SVSM_CORE_REBOOT_QUERY		9

/* The version of the core protocol that has the last two. */
#define SVSM_CORE_VERSION_REBOOT	2

/* REBOOT_QUERY, RCX of the answer; bits 31:0 are the protocol. */
#define SVSM_REBOOT_RESETS		BIT_ULL(32)
#define SVSM_REBOOT_POSSIBLE		BIT_ULL(33)
#define SVSM_REBOOT_COUNT(rcx)		((rcx) >> 48)

/* REBOOT: a CPU that the host does not run has not stopped in time. */
#define SVSM_ERR_VCPU_IN_USE		0x80001003

/* The call was not taken: not a result of the SVSM's, whose results have 32 bits. */
#define SVSM_NOT_CALLED			U64_MAX

/* How often a call is tried that does not reach the SVSM. */
#define TRIES				16

/* For how long a call is repeated that the SVSM has not ended. */
#define PATIENCE_NS			(30 * NSEC_PER_SEC)

static bool panic_at_once = true;
module_param(panic_at_once, bool, 0444);
MODULE_PARM_DESC(panic_at_once,
	"Also after a panic with a negative panic= timeout (default: Y)");

static struct sys_off_handler *restart_handler;
static bool panicked;

/*
 * The calling area of this CPU. The kernel answers reads of the MSR; they are not the host's to
 * answer. The area is the kernel's own memory.
 */
static struct svsm_ca *svsm_calling_area(void)
{
	void *ca;
	u64 pa;

	if (rdmsrq_safe(MSR_SVSM_CAA, &pa) || !pa || !PAGE_ALIGNED(pa))
		return NULL;
	ca = __va(pa);
	return virt_addr_valid(ca) ? ca : NULL;
}

/* "Secure VM Service Module for SEV-SNP Guests", AMD document 58019, section 5. */
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
		     : "+a" (rax), "+c" (rcx), "+d" (rdx), "+r" (r8), "+r" (r9)
		     : : "memory");

	call->rax_out = rax;
	call->rcx_out = rcx;
	call->rdx_out = rdx;
	call->r8_out  = r8;
	call->r9_out  = r9;
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

static u64 svsm_call_this_cpu(struct svsm_call *call)
{
	unsigned long flags;
	unsigned int tries = TRIES;
	u64 result = SVSM_NOT_CALLED;

	local_irq_save(flags);
	call->caa = svsm_calling_area();
	while (call->caa && result == SVSM_NOT_CALLED && tries--)
		result = svsm_call_once(call);
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
static u64 svsm_call(struct svsm_call *call)
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

static void svsm_reboot(void)
{
	struct svsm_call call = { .rax = SVSM_CORE_CALL(SVSM_CORE_REBOOT) };

	pr_emerg("the SVSM does not restart the guest, result %#llx; trying other ways\n",
		 svsm_call(&call));
}

static int svsm_restart(struct sys_off_data *data)
{
	svsm_reboot();
	return NOTIFY_DONE;
}

/*
 * Who has panic=-1 to end the VM can have it so: what panics in each start would go on for ever.
 */
static bool svsm_emergency_is_ours(void)
{
	return !panicked || panic_timeout > 0 || panic_at_once;
}

static void svsm_emergency(struct kmsg_dumper *dumper, struct kmsg_dump_detail *detail)
{
	if (detail->reason == KMSG_DUMP_PANIC)
		panicked = true;
	if (detail->reason == KMSG_DUMP_EMERG && svsm_emergency_is_ours())
		svsm_reboot();
}

static struct kmsg_dumper emergency_hook = {
	.dump = svsm_emergency,
	.max_reason = KMSG_DUMP_EMERG,
};

/* Whether the SVSM has the two calls: the highest version is in the upper half of the answer. */
static bool svsm_has_reboot(void)
{
	struct svsm_call call = {
		.rax = SVSM_CORE_CALL(SVSM_CORE_QUERY_PROTOCOL),
		.rcx = SVSM_CORE_VERSION_REBOOT,
	};

	return svsm_call(&call) == SVSM_SUCCESS &&
	       upper_32_bits(call.rcx_out) >= SVSM_CORE_VERSION_REBOOT;
}

static bool svsm_reboot_query(u64 index, u64 *answer)
{
	struct svsm_call call = {
		.rax = SVSM_CORE_CALL(SVSM_CORE_REBOOT_QUERY),
		.rcx = index,
	};

	if (svsm_call(&call) != SVSM_SUCCESS)
		return false;
	*answer = call.rcx_out;
	return true;
}

static void svsm_reboot_announce(u64 count)
{
	char list[64] = "";
	size_t size = 0;
	u64 i, answer;

	for (i = 0; i < count && svsm_reboot_query(i, &answer); i++)
		size += scnprintf(list + size, sizeof(list) - size, " %u%s", lower_32_bits(answer),
				  answer & SVSM_REBOOT_RESETS ? "" : " (kept)");
	pr_info("the SVSM restarts the guest, with its protocols%s\n", list);
}

static int __init svsm_reboot_init(void)
{
	u64 answer;
	int ret;

	if (!cc_platform_has(CC_ATTR_GUEST_SEV_SNP) || !snp_vmpl)
		return -ENODEV;
	if (!svsm_has_reboot() || !svsm_reboot_query(0, &answer) ||
	    !(answer & SVSM_REBOOT_POSSIBLE))
		return -ENODEV;

	restart_handler = register_sys_off_handler(SYS_OFF_MODE_RESTART, SYS_OFF_PRIO_FIRMWARE,
						   svsm_restart, NULL);
	if (IS_ERR(restart_handler))
		return PTR_ERR(restart_handler);
	ret = kmsg_dump_register(&emergency_hook);
	if (ret) {
		unregister_sys_off_handler(restart_handler);
		return ret;
	}
	svsm_reboot_announce(SVSM_REBOOT_COUNT(answer));
	return 0;
}

static void __exit svsm_reboot_exit(void)
{
	kmsg_dump_unregister(&emergency_hook);
	unregister_sys_off_handler(restart_handler);
}

module_init(svsm_reboot_init);
module_exit(svsm_reboot_exit);

MODULE_DESCRIPTION("Restart of the guest by an AMD SEV-SNP Secure VM Service Module");
MODULE_LICENSE("GPL");
