// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restart of a guest of SEV-SNP by its SVSM.
 *
 * What an SVSM does for its guest (pages, vCPUs, a vTPM) does not start anew with a reset of the
 * guest's CPUs, and a host can only start the whole VM again. An SVSM with version 2 of the core
 * protocol restarts the guest itself: call 8, REBOOT, does not return, and call 9, REBOOT_QUERY,
 * tells what it resets. Where that is on offer, this module is how Linux restarts; where the SVSM
 * refuses, Linux goes on with its other ways.
 *
 * Two hooks for that. A restart handler has reboot(2), after devices and other CPUs were shut down.
 * emergency_restart(), where a panic with panic=N ends and SysRq-b begins, calls no such handler,
 * but the dumpers of the kernel's log, with a reason of its own: all that was to be waited for has
 * passed then. A third one, in kexec.c, is for another kernel that is started without the SVSM.
 */

#include "svsm.h"

#include <linux/cc_platform.h>
#include <linux/irqflags.h>
#include <linux/kmsg_dump.h>
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/reboot.h>

#define SVSM_CORE_QUERY_PROTOCOL 6
#define SVSM_CORE_REBOOT	 8
#define SVSM_CORE_REBOOT_QUERY	 9

/* The version of the core protocol that has the last two. */
#define SVSM_CORE_VERSION_REBOOT 2

/* REBOOT_QUERY, RCX of the answer; bits 31:0 are the protocol. */
#define SVSM_REBOOT_RESETS     BIT_ULL(32)
#define SVSM_REBOOT_POSSIBLE   BIT_ULL(33)
#define SVSM_REBOOT_COUNT(rcx) ((rcx) >> 48)

static bool panic_at_once = true;
module_param(panic_at_once, bool, 0444);
MODULE_PARM_DESC(panic_at_once, "Also after a panic with a negative panic= timeout (default: Y)");

static struct sys_off_handler *restart_handler;
static bool panicked;

static void svsm_reboot(void)
{
	struct svsm_call call = {.rax = SVSM_CORE_CALL(SVSM_CORE_REBOOT)};

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

	restart_handler = register_sys_off_handler(
		SYS_OFF_MODE_RESTART, SYS_OFF_PRIO_FIRMWARE, svsm_restart, NULL);
	if (IS_ERR(restart_handler))
		return PTR_ERR(restart_handler);
	ret = kmsg_dump_register(&emergency_hook);
	if (ret) {
		unregister_sys_off_handler(restart_handler);
		return ret;
	}
	svsm_reboot_announce(SVSM_REBOOT_COUNT(answer));
	svsm_kexec_init();
	return 0;
}

static void __exit svsm_reboot_exit(void)
{
	svsm_kexec_exit();
	kmsg_dump_unregister(&emergency_hook);
	unregister_sys_off_handler(restart_handler);
}

module_init(svsm_reboot_init);
module_exit(svsm_reboot_exit);

MODULE_DESCRIPTION("Restart of the guest by an AMD SEV-SNP Secure VM Service Module");
MODULE_LICENSE("GPL");
