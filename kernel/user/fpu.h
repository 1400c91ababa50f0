// SPDX-License-Identifier: MIT
/*
 * x87, SSE and AVX registers of programs. The kernel itself uses none of them, so they stay in the
 * processor during a system call and move only when another program comes. The guest's are the
 * guest's: its VMSA holds them.
 */
#ifndef KERNEL_USER_FPU_H
#define KERNEL_USER_FPU_H

// Bytes of a saved state, aligned to 64; at most a page.
#define FPU_STATE_MAX 4096

// Finds out what the processor has, and switches it on for this CPU.
void fpu_init_cpu(void);

// The state of a program that has not run yet.
void fpu_state_init(void *state);

void fpu_save(void *state);
void fpu_load(const void *state);

#endif
