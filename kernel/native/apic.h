// SPDX-License-Identifier: MIT
// This CPU's local APIC, by its memory-mapped registers at LOCAL_APIC_VA. APM 2 chapter 16.
#ifndef KERNEL_NATIVE_APIC_H
#define KERNEL_NATIVE_APIC_H

#include "kernel/layout.h"

// The vectors of this platform: the first behind the exceptions.
#define WAKE_VECTOR	32
#define SPURIOUS_VECTOR 33

#define APIC_EOI	0x0b0

#ifndef __ASSEMBLER__

#include "kernel/error.h"
#include "lib/addr.h"

// Ends the VM when the APIC is off or in a mode that this platform does not drive.
void apic_check(void);

// Maps and enables it: no interrupt but the wake-up, and on the boot CPU NMIs.
void apic_init_cpu(void);

// A wake-up of this CPU after so many counts.
void apic_arm_timer(uint32_t count);

// Interrupt commands to another CPU. ERR_LIMIT: its id cannot be named; ERR_HOST: not delivered.
MUST_USE enum error apic_send_wake(uint32_t apic_id);
MUST_USE enum error apic_send_init(uint32_t apic_id);
MUST_USE enum error apic_send_startup(uint32_t apic_id, gpa_t code);

#endif
#endif
