// SPDX-License-Identifier: MIT
// ACPI MADT, from the host: APIC ids of the CPUs that are there at boot (ACPI 6.5, section 5.2.12).
#ifndef KERNEL_MADT_H
#define KERNEL_MADT_H

#include "kernel/error.h"
#include "lib/bytes.h"

// Writes at most max ids in table order. ERR_FORMAT: not a MADT; ERR_LIMIT: more than max.
MUST_USE enum error madt_read_apic_ids(
	struct bytes table, uint32_t *ids, size_t max, size_t *count);

#endif
