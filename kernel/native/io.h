// SPDX-License-Identifier: MIT
// Instructions that only this platform uses; the rest of the kernel's are in kernel/cpu.h. No
// policy here. Those that may fault say whether they did.
#ifndef KERNEL_NATIVE_IO_H
#define KERNEL_NATIVE_IO_H

#include "kernel/cpu.h"

static inline uint8_t io_in8(uint16_t port)
{
	uint8_t value = 0;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint16_t io_in16(uint16_t port)
{
	uint16_t value = 0;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint32_t io_in32(uint16_t port)
{
	uint32_t value = 0;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline void io_out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static inline void io_out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static inline void io_out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

// One access of exactly this size. `fault` is 1 while the instruction may fault.
#define DEFINE_MMIO(bits, suffix)                                                                  \
	static inline MUST_USE bool mmio_in##bits(uint64_t va, uint##bits##_t *value)              \
	{                                                                                          \
		uint##bits##_t got = 0;                                                            \
		uint32_t fault = 0;                                                                \
		__asm__ volatile("movl $1, %k[fault]\n\t"                                          \
				 "1: mov" suffix " (%[va]), %[got]\n\t"                            \
				 "movl $0, %k[fault]\n\t"                                          \
				 "2:\n\t" EXTABLE("1b", "2b")                                      \
				 : [got] "+&r"(got), [fault] "=&r"(fault)                          \
				 : [va] "r"(va)                                                    \
				 : "memory");                                                      \
		if (fault == 0)                                                                    \
			*value = got;                                                              \
		return fault == 0;                                                                 \
	}                                                                                          \
	static inline MUST_USE bool mmio_out##bits(uint64_t va, uint##bits##_t value)              \
	{                                                                                          \
		uint32_t fault = 0;                                                                \
		__asm__ volatile("movl $1, %k[fault]\n\t"                                          \
				 "1: mov" suffix " %[value], (%[va])\n\t"                          \
				 "movl $0, %k[fault]\n\t"                                          \
				 "2:\n\t" EXTABLE("1b", "2b")                                      \
				 : [fault] "=&r"(fault)                                            \
				 : [va] "r"(va), [value] "r"(value)                                \
				 : "memory");                                                      \
		return fault == 0;                                                                 \
	}

DEFINE_MMIO(8, "b")
DEFINE_MMIO(16, "w")
DEFINE_MMIO(32, "l")
DEFINE_MMIO(64, "q")

static inline MUST_USE bool msr_in(uint32_t msr, uint64_t *value)
{
	uint32_t low = 0;
	uint32_t high = 0;
	uint32_t fault = 0;

	__asm__ volatile("movl $1, %k[fault]\n\t"
			 "1: rdmsr\n\t"
			 "movl $0, %k[fault]\n\t"
			 "2:\n\t" EXTABLE("1b", "2b")
			 : "=a"(low), "=d"(high), [fault] "=&r"(fault)
			 : "c"(msr)
			 : "memory");
	if (fault == 0)
		*value = (uint64_t)high << 32 | low;
	return fault == 0;
}

static inline MUST_USE bool msr_out(uint32_t msr, uint64_t value)
{
	uint32_t fault = 0;

	__asm__ volatile("movl $1, %k[fault]\n\t"
			 "1: wrmsr\n\t"
			 "movl $0, %k[fault]\n\t"
			 "2:\n\t" EXTABLE("1b", "2b")
			 : [fault] "=&r"(fault)
			 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
	return fault == 0;
}

#endif
