// SPDX-License-Identifier: MIT
// Exceptions. The kernel runs with interrupts off; #HV is handled in assembly (trap_entry.S).
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#define TRAP_COUNT 32
// Interrupts behind them, for platforms that have any (trap_set_interrupt)
#define TRAP_INTERRUPTS 2

// For assembly; asserted below
#define TRAP_FRAME_RAX	  0x70
#define TRAP_FRAME_VECTOR 0x78
#define TRAP_FRAME_ERROR  0x80
#define TRAP_FRAME_RIP	  0x88
#define TRAP_FRAME_CS	  0x90
#define TRAP_FRAME_RFLAGS 0x98
#define TRAP_FRAME_RSP	  0xa0
#define TRAP_FRAME_SS	  0xa8
#define TRAP_FRAME_SIZE	  0xb0

// trap_frame.vector of a system call, which is no exception
#define TRAP_SYSCALL 256

#ifndef __ASSEMBLER__
#include "hw/assert.h"

// As trap_entry.S pushes it.
struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector;
	uint64_t error;
	uint64_t rip, cs, rflags, rsp, ss;
};
ASSERT_SIZE(struct trap_frame, TRAP_FRAME_SIZE);
ASSERT_OFFSET(struct trap_frame, rax, TRAP_FRAME_RAX);
ASSERT_OFFSET(struct trap_frame, vector, TRAP_FRAME_VECTOR);
ASSERT_OFFSET(struct trap_frame, rip, TRAP_FRAME_RIP);
ASSERT_OFFSET(struct trap_frame, cs, TRAP_FRAME_CS);
ASSERT_OFFSET(struct trap_frame, rflags, TRAP_FRAME_RFLAGS);
ASSERT_OFFSET(struct trap_frame, rsp, TRAP_FRAME_RSP);
ASSERT_OFFSET(struct trap_frame, ss, TRAP_FRAME_SS);

// Interrupt descriptor table that works before there are per-CPU stacks; then with them.
void trap_init_early(void);
void trap_use_stacks(void);

// Before pagetable_seal: a vector from TRAP_COUNT on. Where nobody sets one, there is no gate.
void trap_set_interrupt(unsigned int vector, void (*entry)(void));

// Loads the table on this CPU; base and limit for a CPU that starts with it loaded.
void trap_load(void);
uint64_t trap_table_base(void);
uint16_t trap_table_limit(void);

const char *trap_name(uint64_t vector);

// Where execution goes on after a fault at this address, from the exception table; 0: nowhere.
uint64_t trap_find_fixup(uint64_t rip);

// From trap_entry.S
void trap_dispatch(struct trap_frame *frame);
_Noreturn void trap_nested_hv(void);

// #VC (vc.c)
void vc_handle(struct trap_frame *frame);

#endif
#endif
