// SPDX-License-Identifier: MIT
/*
 * Takes all vCPUs of the guest out of the host's hands, for a reboot of the guest. A host may run a
 * VMSA whenever it likes, whatever the SVSM's own CPUs do; only what the processor says of the page
 * counts.
 */
#ifndef KERNEL_VCPU_FREEZE_H
#define KERNEL_VCPU_FREEZE_H

#include "kernel/error.h"
#include "lib/addr.h"

// No VMSA of the guest's is one any more: none runs and none can be run. The kernel's CPUs must not
// run the guest meanwhile. ERR_RMP_INUSE: one does not stop within some tenths of a second. Nothing
// has changed after an error.
MUST_USE enum error vcpus_freeze(void);

// As it was before. The vCPU that is being served gets EFER.SVME from request.c.
void vcpus_thaw(void);

// After vcpus_freeze, for good: forgets them all, tells the host that they are gone, and leaves the
// first vCPU alone, in reset state, with this calling area. ERR_FAULT, ERR_RMP_*: its VMSA cannot
// be made one.
MUST_USE enum error vcpus_start_over(gpa_t reset_vector, gpa_t caa);

// Tells the host to run the first vCPU; on its own CPU.
MUST_USE enum error vcpu_first_start(void);

#endif
