// SPDX-License-Identifier: MIT
// GHCB MSR protocol (document 56421, section 2.3.2). Every answer is checked here.
#ifndef KERNEL_SNP_GHCB_MSR_H
#define KERNEL_SNP_GHCB_MSR_H

#include "hw/ghcb.h"
#include "kernel/error.h"
#include "lib/addr.h"

// Whether the host speaks this version of the GHCB protocol.
MUST_USE bool ghcb_msr_speaks_version(uint16_t version);

// GHCB_HV_* bits.
MUST_USE enum error ghcb_msr_hv_features(uint64_t *features);

MUST_USE enum error ghcb_msr_register(gpa_t ghcb);

// PSC_OP_PRIVATE or PSC_OP_SHARED for one 4 KiB page.
MUST_USE enum error ghcb_msr_page_state(gpa_t page, uint64_t operation);

_Noreturn void ghcb_msr_terminate(uint8_t set, uint8_t code);

#endif
