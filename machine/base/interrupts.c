// SPDX-License-Identifier: MIT
// Interrupts that a guest left in the local APIC: no register takes them back, they have to be
// accepted by the CPU and ended. Source: APM volume 2, section 16.6.
#include "hw/x86.h"
#include "machine/base/start.h"

#define XAPIC_BASE	0xfee00000ull
#define XAPIC_EOI	0x0b0
#define XAPIC_ISR	0x100 // 8 registers, 16 bytes apart
#define XAPIC_IRR	0x200
#define VECTORS_AT_ONCE 512 // 256 requested and 256 in service

static volatile uint32_t *xapic(uint32_t reg)
{
	return spa_ptr(XAPIC_BASE + reg);
}

static uint32_t any_of(uint32_t first)
{
	uint32_t all = 0;

	for (uint32_t i = 0; i < 8; i++)
		all |= *xapic(first + i * 0x10);
	return all;
}

// GIF and IF are 0 in the machine except here, where every vector returns at once.
static void accept_window(void)
{
	traps_load_ignoring();
	__asm__ volatile("stgi; sti; nop; nop; nop; cli; clgi" ::: "memory");
	traps_load();
}

bool cpu_drop_interrupts(void)
{
	bool accepted = false, empty = false;

	for (unsigned i = 0; i < VECTORS_AT_ONCE && !empty; i++) {
		if (any_of(XAPIC_ISR)) {
			*xapic(XAPIC_EOI) = 0;
		} else if (any_of(XAPIC_IRR)) {
			accept_window();
			accepted = true;
		} else {
			empty = true;
		}
	}
	if (accepted) // an NMI may have come in the window, and been ignored with the rest
		cpu_nmi_again();
	return empty;
}
