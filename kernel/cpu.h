// SPDX-License-Identifier: MIT
// One wrapper for each instruction that C has no words for. No policy here.
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include "hw/rmp.h"
#include "hw/x86.h"
#include "lib/util.h"

static inline uint64_t cpu_read_msr(uint32_t msr)
{
	uint32_t low = 0;
	uint32_t high = 0;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void cpu_write_msr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

// VMGEXIT: REP VMMCALL. The memory clobber orders the accesses to the GHCB around it.
static inline void cpu_vmgexit(void)
{
	__asm__ volatile("rep; vmmcall" ::: "memory");
}

static inline uint64_t cpu_read_tsc(void)
{
	uint32_t low = 0;
	uint32_t high = 0;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline void cpu_pause(void)
{
	__asm__ volatile("pause");
}

static inline void cpu_halt(void)
{
	__asm__ volatile("cli; hlt" ::: "memory");
}

// False: no number now, which may pass.
static inline MUST_USE bool cpu_rdrand(uint64_t *value)
{
	bool ok = false;

	__asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(ok));
	return ok;
}

// The same for RDSEED.
static inline MUST_USE bool cpu_rdseed(uint64_t *value)
{
	bool ok = false;

	__asm__ volatile("rdseed %0" : "=r"(*value), "=@ccc"(ok));
	return ok;
}

static inline uint64_t cpu_read_cr2(void)
{
	uint64_t value = 0;

	__asm__ volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

static inline uint64_t cpu_read_cr3(void)
{
	uint64_t value = 0;

	__asm__ volatile("mov %%cr3, %0" : "=r"(value));
	return value;
}

static inline void cpu_write_cr3(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr3" ::"r"(value) : "memory");
}

static inline uint64_t cpu_read_cr0(void)
{
	uint64_t value = 0;

	__asm__ volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static inline void cpu_write_cr0(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr0" ::"r"(value) : "memory");
}

static inline uint64_t cpu_read_cr4(void)
{
	uint64_t value = 0;

	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static inline void cpu_write_cr4(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr4" ::"r"(value) : "memory");
}

static inline void cpu_invlpg(uint64_t va)
{
	__asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

// Drops the translations of every CPU of this VM, global ones included (APM 3, INVLPGB: RAX bit 2
// ASID valid, bit 3 globals too; a guest's ASID is its own whatever EDX says), and waits.
static inline void cpu_invlpgb_all(void)
{
	__asm__ volatile(".byte 0x0f, 0x01, 0xfe" ::"a"(BIT(2) | BIT(3)), "c"(0), "d"(0)
			 : "memory");
	__asm__ volatile(".byte 0x0f, 0x01, 0xff" ::: "memory");
}

struct cpu_table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static inline void cpu_load_gdt(const struct cpu_table_pointer *p)
{
	__asm__ volatile("lgdt %0" ::"m"(*p));
}

static inline void cpu_load_idt(const struct cpu_table_pointer *p)
{
	__asm__ volatile("lidt %0" ::"m"(*p));
}

static inline void cpu_load_tr(uint16_t selector)
{
	__asm__ volatile("ltr %0" ::"r"(selector));
}

// An entry of the exception table: a fault at `insn` goes on at `fixup` (trap.c).
#define EXTABLE(insn, fixup)                                                                       \
	".pushsection __ex_table, \"a\"\n\t.quad " insn ", " fixup "\n\t.popsection\n\t"

struct cpu_rmp_result {
	uint32_t code;	// RMP_*
	bool unchanged; // PVALIDATE only: carry flag
	bool faulted;	// the instruction raised an exception
};

// PVALIDATE of the page that va maps. `fault` is 1 while the instruction may fault; MOV leaves the
// carry flag alone.
static inline struct cpu_rmp_result cpu_pvalidate(uint64_t va, uint32_t page_size, bool valid)
{
	struct cpu_rmp_result r = {0};
	uint64_t rax = va;
	uint32_t fault = 0;

	__asm__ volatile("movl $1, %k[fault]\n\t"
			 "1: .byte 0xf2, 0x0f, 0x01, 0xff\n\t"
			 "movl $0, %k[fault]\n\t"
			 "2:\n\t" EXTABLE("1b", "2b")
			 : "+a"(rax), "=@ccc"(r.unchanged), [fault] "=&r"(fault)
			 : "c"(page_size), "d"((uint64_t)valid)
			 : "memory");
	r.code = (uint32_t)rax;
	r.faulted = fault != 0;
	return r;
}

// RMPADJUST of the page that va maps; attributes: hw/rmp.h.
static inline struct cpu_rmp_result cpu_rmpadjust(
	uint64_t va, uint32_t page_size, uint64_t attributes)
{
	struct cpu_rmp_result r = {0};
	uint64_t rax = va;
	uint32_t fault = 0;

	__asm__ volatile("movl $1, %k[fault]\n\t"
			 "1: .byte 0xf3, 0x0f, 0x01, 0xfe\n\t"
			 "movl $0, %k[fault]\n\t"
			 "2:\n\t" EXTABLE("1b", "2b")
			 : "+a"(rax), [fault] "=&r"(fault)
			 : "c"(page_size), "d"(attributes)
			 : "memory", "cc");
	r.code = (uint32_t)rax;
	r.faulted = fault != 0;
	return r;
}

#endif
