// SPDX-License-Identifier: MIT
// What the builder left (abi/boot.h), checked.
#ifndef KERNEL_BOOTINFO_H
#define KERNEL_BOOTINFO_H

#include "abi/boot.h"
#include "lib/addr.h"

// Checks and remembers it; ends the VM when it cannot be used.
void bootinfo_init(const struct boot_info *info);

// NULL before bootinfo_init.
const struct boot_info *bootinfo(void);

// Addresses of the kernel region: its pages are mapped in one piece.
static inline void *bootinfo_ptr(uint64_t gpa)
{
	return (void *)(gpa - KERNEL_GPA + KERNEL_VA);
}

static inline gpa_t kernel_gpa(const void *p)
{
	return gpa_make((uint64_t)p - KERNEL_VA + KERNEL_GPA);
}

static inline void *kernel_ptr(gpa_t gpa)
{
	return bootinfo_ptr(gpa_value(gpa));
}

#endif
