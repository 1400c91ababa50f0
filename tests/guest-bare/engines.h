// SPDX-License-Identifier: MIT
/*
 * Devices that write to memory by themselves, 100 ms after they were told to: QEMU's `edu`, as
 * tests/guest-bare/dma.sh places them. Source: QEMU, docs/specs/edu.txt.
 */
#ifndef GUEST_ENGINES_H
#define GUEST_ENGINES_H

#include "tests/guest-bare/pci.h"

struct engine {
	const char *name;
	uint32_t function;
	uint32_t bar;
	uint8_t vector; // its message's; 0: it has the line of the I/O APIC's pin `pin`
	uint8_t pin;
	bool shared; // what it is to write to is shared memory, and not valid private memory
};

#define ENGINES	     4
#define ENGINE_BYTES 2048 // at once; its buffer has 4096
extern const struct engine engines[ENGINES];

#define ENGINE_STATUS_DMA 0x100 // it is done, and has raised its interrupt
#define ENGINE_STATUS_OWN 0x001 // engine_raise()

// Programs the bridges that lead to them, however they are; the last one's can be left so that no
// bus number leads behind it.
void engines_reach(void);
void engines_hide(void);
bool engine_bridges_are_quiet(void); // no bus mastering

// Where its registers are; and leave to write to memory, or what it has of that.
void engine_show(const struct engine *engine);
void engine_open(const struct engine *engine);

void engine_fill(const struct engine *engine, uint64_t gpa);  // its buffer, from a shared page
void engine_write(const struct engine *engine, uint64_t gpa); // its buffer to this page; interrupt
void engine_raise(const struct engine *engine);
void engine_acknowledge(const struct engine *engine);
bool engine_is_at_it(const struct engine *engine);
uint32_t engine_status(const struct engine *engine);

#endif
