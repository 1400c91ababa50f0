// SPDX-License-Identifier: MIT
// The switch to ring 3 (enter.S), and what each CPU needs for it.
#ifndef KERNEL_USER_ENTER_H
#define KERNEL_USER_ENTER_H

// Runs this CPU's user_frame until the program needs the kernel; what for: user_frame.vector.
void user_enter(void);

// SYSCALL's target.
void syscall_entry(void);

// SYSCALL, SSE and, where the processor has it, AVX for ring 3 on this CPU.
void user_init_cpu(void);

#endif
