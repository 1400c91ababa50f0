// SPDX-License-Identifier: MIT
// CPUs of a bare-metal test, the exceptions they meet, and instructions that may raise one.
//
// An instruction in a TRY() records the exception that it raises in this_cpu()->trap and goes on
// behind it, so that the expected fault is a value. Any other exception ends the test.
#ifndef BARE_CPU_H
#define BARE_CPU_H

#include "hw/ghcb.h"
#include "hw/rmp.h"
#include "hw/vmsa.h"
#include "hw/x86.h"
#include "lib/util.h"
#include "tests/bare/layout.h"

#define PAGE_SIZE	0x1000ull
#define LARGE_PAGE_SIZE 0x200000ull
#define TRAP_NONE	0xff

struct trap {
	uint8_t vector; // TRAP_NONE: no exception
	uint64_t error;
	uint64_t cr2;
	uint64_t rip, rsp;
};

struct bare_cpu {
	struct bare_cpu *self; // GS:0
	uint32_t index;
	uint32_t apic_id;
	uint64_t ghcb_gpa;
	bool ghcb_ready;
	struct trap trap;
	uint64_t user_return;	   // stack to come back to from CPL 3
	uint64_t try_call;	   // where trap_try_call() went, 0: nowhere
	_Atomic uint32_t hv_count; // #HV seen
	void (*main)(void);	   // what an application processor runs
	_Atomic bool running;
};

extern struct bare_cpu bare_cpus[BARE_CPUS_MAX];
extern uint8_t bare_stacks[BARE_CPUS_MAX][BARE_STACK_SIZE];
extern uint64_t bare_cbit;	// mask
extern uint64_t bare_pml4[512]; // VA in the image
extern uint64_t bare_gdt[], bare_gdt_end[];

static inline struct bare_cpu *this_cpu(void)
{
	struct bare_cpu *cpu;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

void trap_init(void);
void trap_handle(struct trap_frame *frame); // trap_entry.S
void trap_try_call(uint64_t address);
// Goes on at CPL 3 until the first exception, which is recorded. *return_stack is the CPU's
// user_return.
void trap_user_run(uint64_t rip, uint64_t rsp, uint64_t *return_stack);
extern const uint8_t trap_entries[], trap_call_return[], trap_user_return[];
uint64_t trap_idt_base(void);

// GPAs of the image, and of the two views
static inline uint64_t image_gpa(const volatile void *p)
{
	return (uint64_t)p - BARE_IMAGE_VA + BARE_IMAGE_GPA;
}

static inline void *private_ptr(uint64_t gpa)
{
	return (void *)gpa;
}

static inline void *shared_ptr(uint64_t gpa)
{
	return (void *)(gpa + BARE_SHARED_VA);
}

// Instructions
#define EXTABLE(from, to) ".pushsection __ex_table, \"a\"\n.quad " #from ", " #to "\n.popsection\n"
#define TRY(insn)	  "771:\t" insn "\n772:\n" EXTABLE(771b, 772b)

static inline void trap_clear(void)
{
	this_cpu()->trap = (struct trap){.vector = TRAP_NONE};
	__asm__ volatile("" ::: "memory");
}

static inline struct trap trap_taken(void)
{
	__asm__ volatile("" ::: "memory");
	return this_cpu()->trap;
}

static inline void vmgexit(void)
{
	__asm__ volatile("rep; vmmcall" ::: "memory");
}

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

static inline uint64_t rdtsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline void cpu_pause(void)
{
	__asm__ volatile("pause" ::: "memory");
}

// Memory accesses that may fault
static inline uint64_t try_read(const volatile void *p)
{
	uint64_t value = 0;

	trap_clear();
	__asm__ volatile(TRY("movq (%1), %0") : "+r"(value) : "r"(p) : "memory");
	return value;
}

static inline void try_write(volatile void *p, uint64_t value)
{
	trap_clear();
	__asm__ volatile(TRY("movq %1, (%0)")::"r"(p), "r"(value) : "memory");
}

struct rmp_result {
	uint32_t code; // EAX
	bool carry;
	uint64_t rcx, rdx;
	uint8_t vector; // exception instead of a result, or TRAP_NONE
	uint64_t error;
};

// The carry flag is set before, so that a result that clears it is seen.
#define RMP_INSN(bytes, r, va, cx, dx)                                                             \
	({                                                                                         \
		uint64_t rax_ = (va);                                                              \
                                                                                                   \
		trap_clear();                                                                      \
		(r).rcx = (cx);                                                                    \
		(r).rdx = (dx);                                                                    \
		__asm__ volatile("stc\n" TRY(".byte " bytes)                                       \
				 : "+a"(rax_), "+c"((r).rcx), "+d"((r).rdx), "=@ccc"((r).carry)    \
				 :                                                                 \
				 : "memory");                                                      \
		(r).code = (uint32_t)rax_;                                                         \
		(r).vector = trap_taken().vector;                                                  \
		(r).error = trap_taken().error;                                                    \
	})

static inline struct rmp_result pvalidate(uint64_t va, uint64_t size, uint64_t validate)
{
	struct rmp_result r = {0};

	RMP_INSN("0xf2, 0x0f, 0x01, 0xff", r, va, size, validate);
	return r;
}

// rdx: VMPL, permissions and VMSA bit, as the instruction takes them
static inline struct rmp_result rmpadjust(uint64_t va, uint64_t size, uint64_t rdx)
{
	struct rmp_result r = {0};

	RMP_INSN("0xf3, 0x0f, 0x01, 0xfe", r, va, size, rdx);
	return r;
}

static inline struct rmp_result rmpquery(uint64_t va, uint64_t vmpl)
{
	struct rmp_result r = {0};

	RMP_INSN("0xf3, 0x0f, 0x01, 0xfd", r, va, 0, vmpl);
	return r;
}

#define RMPADJUST_RDX(vmpl, perms) ((uint64_t)(vmpl) | (uint64_t)(perms) << RMPADJUST_PERM_SHIFT)

// ap.c: the state of an application processor that starts in bare_ap_main on CPU `index`
void bare_vmsa_fill(struct vmsa *vmsa, uint32_t index, uint8_t vmpl, uint64_t features);
void bare_cpu_init(uint32_t index, uint32_t apic_id, uint64_t ghcb_gpa);
// True once the condition holds; false after about that many milliseconds of TSC time.
#define TSC_PER_MS 2000000ull // rough, on purpose: bounds a wait
#define wait_for(condition, ms)                                                                    \
	({                                                                                         \
		uint64_t start_ = rdtsc();                                                         \
		bool done_ = false;                                                                \
                                                                                                   \
		while (!(done_ = (condition)) && rdtsc() - start_ < (ms)*TSC_PER_MS)               \
			cpu_pause();                                                               \
		done_;                                                                             \
	})

#endif
