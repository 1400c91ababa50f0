// SPDX-License-Identifier: MIT
/*
 * Exits through this CPU's GHCB page (document 56421, section 4). The page is shared with the
 * host: every word is read once, and no length or address is taken from it. Not re-entrant; #HV
 * does not use it.
 */
#ifndef KERNEL_SNP_GHCB_H
#define KERNEL_SNP_GHCB_H

#include "hw/ghcb.h"
#include "kernel/error.h"
#include "lib/addr.h"

// Writes bytes to a one-byte port by string I/O: one exit for each GHCB_SHARED_BUFFER_SIZE.
MUST_USE enum error ghcb_port_write_string(uint16_t port, const char *data, size_t size);

// One access each: ports of 1, 2 or 4 bytes, memory-mapped I/O of 1, 2, 4 or 8.
MUST_USE enum error ghcb_port_read(uint16_t port, unsigned int size, uint32_t *value);
MUST_USE enum error ghcb_port_write(uint16_t port, unsigned int size, uint32_t value);
MUST_USE enum error ghcb_mmio_read(gpa_t gpa, unsigned int size, uint64_t *value);
MUST_USE enum error ghcb_mmio_write(gpa_t gpa, unsigned int size, uint64_t value);

MUST_USE enum error ghcb_msr_read(uint32_t msr, uint64_t *value);
MUST_USE enum error ghcb_msr_write(uint32_t msr, uint64_t value);

// PSC_OP_* for a range of whole pages, in 2 MiB entries where they fit.
MUST_USE enum error ghcb_page_state(gpa_t start, uint64_t size, uint64_t operation);

MUST_USE enum error ghcb_set_doorbell(gpa_t page);

// The request to run a VMPL of this CPU, for the exit that guest_switch() makes; and what came of
// it. No vCPU there: *ran is false.
void ghcb_ask_run(unsigned int vmpl);
MUST_USE enum error ghcb_take_run(bool *ran);

// A fixed interrupt for this VMPL of another CPU.
MUST_USE enum error ghcb_send_ipi(uint32_t apic_id, uint8_t vector);

// request: AP_CREATE*, features: SEV_FEATURES of the VMSA.
MUST_USE enum error ghcb_create_ap(
	uint32_t apic_id, unsigned int vmpl, unsigned int request, gpa_t vmsa, uint64_t features);

// VMGEXIT works in ring 3 too: leaves this CPU's GHCB without a request, and the GHCB MSR with its
// address, so that the host finds nothing to do when a program executes it.
void ghcb_disarm(void);

#endif
