// SPDX-License-Identifier: MIT
// In place of kernel/cpu.h: the same wrappers, each a function of the fake processor (cpu.c, rmp.c,
// ghcb.c). It is found first on the include path, so the kernel's sources are compiled unchanged.
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include "hw/rmp.h"
#include "hw/x86.h"
#include "lib/util.h"

uint64_t cpu_read_msr(uint32_t msr);
void cpu_write_msr(uint32_t msr, uint64_t value);
void cpu_vmgexit(void);
uint64_t cpu_read_tsc(void);
void cpu_pause(void);
void cpu_halt(void);
MUST_USE bool cpu_rdrand(uint64_t *value);
MUST_USE bool cpu_rdseed(uint64_t *value);
uint64_t cpu_read_cr2(void);
uint64_t cpu_read_cr3(void);
void cpu_write_cr3(uint64_t value);
uint64_t cpu_read_cr0(void);
void cpu_write_cr0(uint64_t value);
uint64_t cpu_read_cr4(void);
void cpu_write_cr4(uint64_t value);
void cpu_invlpg(uint64_t va);
void cpu_invlpgb_all(void);

struct cpu_table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

void cpu_load_gdt(const struct cpu_table_pointer *p);
void cpu_load_idt(const struct cpu_table_pointer *p);
void cpu_load_tr(uint16_t selector);

struct cpu_rmp_result {
	uint32_t code;
	bool unchanged;
	bool faulted;
};

struct cpu_rmp_result cpu_pvalidate(uint64_t va, uint32_t page_size, bool valid);
struct cpu_rmp_result cpu_rmpadjust(uint64_t va, uint32_t page_size, uint64_t attributes);

#endif
