// SPDX-License-Identifier: MIT
// Registers of the real local APIC, an xAPIC. Source: APM volume 2, section 16.3.
#ifndef HOST_APIC_H
#define HOST_APIC_H

#include "machine/host/host_plane.h"

#define APIC_BASE_ADDRESS  0xfee00000ull
#define APIC_ID		   0x020
#define APIC_TPR	   0x080
#define APIC_PPR	   0x0a0
#define APIC_EOI	   0x0b0
#define APIC_LDR	   0x0d0
#define APIC_DFR	   0x0e0
#define APIC_SVR	   0x0f0
#define APIC_ISR_FIRST	   0x100
#define APIC_IRR_LAST	   0x270
#define APIC_ESR	   0x280
#define APIC_ICR	   0x300
#define APIC_ICR_HIGH	   0x310
#define APIC_LVT_FIRST	   0x320
#define APIC_LVT_LAST	   0x370
#define APIC_TIMER_COUNT   0x380
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE  0x3e0
#define APIC_SELF_IPI	   0x3f0 // x2APIC only

#define APIC_LVT_MASKED	   (1u << 16)
#define APIC_SVR_ENABLE	   (1u << 8)

static inline volatile uint32_t *apic_reg(uint32_t offset)
{
	return spa_ptr(APIC_BASE_ADDRESS + offset);
}

#endif
