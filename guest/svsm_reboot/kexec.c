// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec and kdump under an SVSM.
 *
 * A kernel begins with the calling area that the secrets page names, and moves the SVSM's attention
 * to its own (REMAP_CA). Linux does not move it back before it jumps to another kernel, whose first
 * call the SVSM does not see then. This does: on entry to machine_kexec(), behind which the kernel
 * calls the SVSM no more. By then the other CPUs are stopped and the GHCBs gone: what can be asked
 * only with a GHCB, and what prints, has to come before.
 */

#include "svsm.h"

#include <linux/cpuhotplug.h>
#include <linux/kexec.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/percpu.h>

#define SVSM_CORE_REMAP_CA 0

static DEFINE_PER_CPU(struct svsm_ca *, own_area);
static u64 launch_area;
static int hotplug_state = -1;

static int kexec_before(struct kprobe *probe, struct pt_regs *regs)
{
	const struct kimage *image = (const struct kimage *)regs_get_kernel_argument(regs, 0);
	struct svsm_call call = {
		.caa = this_cpu_read(own_area),
		.rax = SVSM_CORE_CALL(SVSM_CORE_REMAP_CA),
		.rcx = launch_area,
	};

	/* An image that comes back wants the areas where they are. */
	if (image->preserve_context)
		return 0;
	/* Nobody is left to be told of a failure: the new kernel's first call ends it. */
	svsm_call_now(&call);
	return 0;
}

static struct kprobe kexec_probe = {
	.symbol_name = "machine_kexec",
	.pre_handler = kexec_before,
};

/* A panic asks nobody in advance which CPU it may use: each one's area is noted. */
static int own_area_note(unsigned int cpu)
{
	this_cpu_write(own_area, svsm_calling_area());
	return 0;
}

/* The secrets page is there for the driver of guest messages, which has the kernel map it. */
static u64 launch_area_find(void)
{
	struct snp_msg_desc *desc = snp_msg_alloc();
	u64 area = 0;

	if (IS_ERR(desc))
		return 0;
	if (desc->secrets->svsm_guest_vmpl && PAGE_ALIGNED(desc->secrets->svsm_caa))
		area = desc->secrets->svsm_caa;
	snp_msg_free(desc);
	/* What the firmware did not reserve has other contents by now. */
	return page_is_ram(PHYS_PFN(area)) ? 0 : area;
}

static int kexec_hook(void)
{
	int ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "svsm_reboot:online", own_area_note, NULL);

	if (ret < 0)
		return ret;
	hotplug_state = ret;
	return register_kprobe(&kexec_probe);
}

static void kexec_unhook(void)
{
	if (hotplug_state >= 0)
		cpuhp_remove_state(hotplug_state);
	hotplug_state = -1;
}

void svsm_kexec_init(void)
{
	int ret;

	launch_area = launch_area_find();
	if (!launch_area) {
		pr_warn("kexec is not prepared: the secrets page names no calling area that is "
			"reserved\n");
		return;
	}
	ret = kexec_hook();
	if (ret) {
		pr_warn("kexec is not prepared: error %d\n", ret);
		kexec_unhook();
		return;
	}
	pr_info("another kernel begins with the calling area at %#llx, as this one did\n",
		launch_area);
}

void svsm_kexec_exit(void)
{
	if (hotplug_state < 0)
		return;
	unregister_kprobe(&kexec_probe);
	kexec_unhook();
}
