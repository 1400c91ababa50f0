// SPDX-License-Identifier: MIT
// Steps of the machine's own start, in the order machine_start() takes them. base/ only.
#ifndef BASE_START_H
#define BASE_START_H

#include "machine/base/machine.h"

void time_init(uint64_t start, uint64_t tsc_rate_khz);
void fwcfg_set_image(uint64_t image_base); // before any use: where the image lies
void fwcfg_init(void);
void options_read(void);
void memory_init(uint64_t image_base); // RAM ranges, pool, final page tables
uint64_t memory_root(void);	       // CR3 of the machine
void traps_init(void);		       // IDT, once
void traps_load(void);		       // on each CPU
void traps_load_ignoring(void);	       // every vector returns at once: cpu_drop_interrupts()
void cpu_init(struct cpu *cpu);	       // GS, SVM, on the CPU itself
void cpus_start(uint32_t count);       // starts the others, waits until all are online
void cpu_setup_boot(void);	       // cpus[0], before anything that uses this_cpu()
extern uint64_t ap_stack;
_Noreturn void machine_cpu_ready(struct cpu *cpu); // waits for the launch, then host_run()

// Lines of the exit trace, with their ends: kept (base/trace_ring.c), and written to its file.
#define TRACE_LINE_MAX 256
void trace_keep(const char *line);
void trace_write(const char *line);

_Noreturn void machine_start(uint64_t image_base);
_Noreturn void machine_start_ap(void);

#endif
