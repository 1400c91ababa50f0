// SPDX-License-Identifier: MIT
/*
 * Which addresses are the guest's: the host's IGVM memory map without the kernel's region, and the
 * firmware image. Nothing else may be named in a request. Fixed once the boot CPU has started.
 */
#ifndef KERNEL_MEMMAP_H
#define KERNEL_MEMMAP_H

#include "hw/igvm.h"
#include "kernel/error.h"
#include "lib/addr.h"

// Reads the host's map; ends the VM when it cannot be used.
void memmap_init(void);

// Whether all these bytes are the guest's.
MUST_USE bool memmap_is_guest(gpa_t start, uint64_t size);

// The guest's memory, piece by piece: sorted, apart from each other. False: no such piece.
MUST_USE bool memmap_range(size_t index, gpa_t *start, uint64_t *size);

// Whether one of these bytes is memory, whosever: of the kernel, the firmware, or in the host's
// map, whatever the host says it is for.
MUST_USE bool memmap_has_memory(uint64_t start, uint64_t size);

// First address above all of the guest's memory.
gpa_t memmap_end(void);

// The map for the firmware: the host's, without the kernel's region. Writes count entries with the
// terminator; ERR_LIMIT: more than max.
MUST_USE enum error memmap_for_firmware(
	struct igvm_memory_map_entry *entries, size_t max, size_t *count);

void memmap_log(void);

#endif
