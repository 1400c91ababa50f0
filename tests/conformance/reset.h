// SPDX-License-Identifier: MIT
// What a vCPU of a plane has besides its VMSA: MSRs, the local APIC, interrupts that wait.
#ifndef CONFORMANCE_RESET_H
#define CONFORMANCE_RESET_H

#include "tests/conformance/plane.h"

#define WAIT_MS	 2000
#define APIC_GPA 0xfee00000ull
#define AP_BASE	 (APIC_GPA | APIC_BASE_ENABLE)
#define BSP_BASE (AP_BASE | APIC_BASE_BSP)

// What the last start of the plane found. The second one is noted before a GHCB is registered.
extern uint64_t found_starts, found_ghcb_msr;

// For a program of the plane: notes what is there, and makes it all different.
void reset_look(void);
void reset_dirty(void);

// What was noted is as after a reset; or as the plane `cpu` had made it.
void expect_reset(const char *how, uint64_t base);
void expect_kept(const char *how, uint32_t cpu);

#endif
