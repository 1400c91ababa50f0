// SPDX-License-Identifier: MIT
/*
 * Guest memory, and the kernel's unmapped pages, are reachable only through these slots of the
 * running CPU's window, and only between map and unmap. Each use has its own slot, so uses nest
 * without an allocator.
 */
#ifndef KERNEL_TEMPMAP_H
#define KERNEL_TEMPMAP_H

#include "lib/addr.h"

enum temp_slot {
	TEMP_COPY,	 // guest_copy_in, guest_copy_out
	TEMP_PAGE_STATE, // PVALIDATE, RMPADJUST, zeroing
	TEMP_VMSA,	 // the VMSA of the vCPU being served
	TEMP_CAA,	 // its calling area
	TEMP_VCPU,	 // a VMSA being created or deleted
	TEMP_DEVICE,	 // registers of a device
	TEMP_SLOT_COUNT,
};

// Private (C-bit), read-write, no-execute.
vaddr_t tempmap_page(enum temp_slot slot, gpa_t page);
void tempmap_unmap(enum temp_slot slot);

// A page of registers, at TEMP_DEVICE: shared, not cached; for platform_mmio_* alone.
vaddr_t tempmap_device(gpa_t page);

// 2 MiB, aligned.
vaddr_t tempmap_huge(gpa_t page);
void tempmap_unmap_huge(void);

#endif
