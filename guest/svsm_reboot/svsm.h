/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of the module: calls of the SVSM, and what hooks into kexec. */
#ifndef SVSM_REBOOT_SVSM_H
#define SVSM_REBOOT_SVSM_H

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/types.h>

#include <asm/sev.h>

/* The call was not taken: not a result of the SVSM's, whose results have 32 bits. */
#define SVSM_NOT_CALLED U64_MAX

/* call.c. NULL: this CPU has no calling area. Not without GHCBs: the kernel asks the host then. */
struct svsm_ca *svsm_calling_area(void);
/* One call through call->caa, this CPU's, with interrupts off. The result is the SVSM's. */
u64 svsm_call_now(struct svsm_call *call);
/* One call, and again as long as the SVSM has not ended it, for a bounded time. */
u64 svsm_call(struct svsm_call *call);

/* kexec.c. It complains itself where kexec cannot be prepared. */
void svsm_kexec_init(void);
void svsm_kexec_exit(void);

#endif
