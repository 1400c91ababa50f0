// SPDX-License-Identifier: MIT
// SEV_STATUS: which SEV features this VMPL runs with.
#ifndef KERNEL_SNP_SEV_STATUS_H
#define KERNEL_SNP_SEV_STATUS_H

#include "hw/vmsa.h"

// Ends the VM unless the features are those that the kernel was written for.
void sev_status_check(void);

// SEV_FEATURES for the kernel's own VMSAs, and for the guest's.
uint64_t sev_features_own(void);
uint64_t sev_features_guest(void);

#endif
