// SPDX-License-Identifier: MIT
// The host role: what KVM and QEMU do for a confidential VM. It sees shared memory, GHCBs and exit
// codes, never a private page and never a VMSA.
#ifndef HOST_H
#define HOST_H

#include "machine/base/machine.h"
#include "machine/cpu/vmrun.h"

// Boot CPU: loads the IGVM file and prepares the BSP's VMPL0 plane (host/launch.c). Ends the run
// with END_BAD_CONFIGURATION and a message when the file cannot be used.
void host_launch(void);
_Noreturn void host_run(struct cpu *cpu); // host/run.c: the loop of one CPU
void host_trace_summary(void);		  // host/trace.c: counts of exits of each plane, to the log

// Memory (host/memory.c). A GPA range that the host may read and write: inside one page, RAM, not
// assigned to the guest. NULL otherwise.
void *host_shared(uint64_t gpa, uint64_t size) __attribute__((warn_unused_result));
// Backs [gpa, gpa+size) from the machine's pool where no guest RAM is; false when the pool is used
// up or the range is a device's.
bool host_back(uint64_t gpa, uint64_t size) __attribute__((warn_unused_result));
// Page-state change of one page: GHCB result, 0 = done. Handles 2 MiB, psmash.
uint64_t host_page_state(uint64_t gpa, bool large, unsigned op) __attribute__((warn_unused_result));

// Exits (host/exit.c); each handles one and leaves the answer in the GHCB or the GHCB MSR.
void host_vmgexit(struct plane *plane);			     // dispatch: MSR protocol or GHCB page
void host_msr_protocol(struct plane *plane);		     // host/msrproto.c
void host_ghcb_exit(struct plane *plane, uint64_t ghcb_gpa); // host/ghcb.c
void host_npf(struct plane *plane, const struct vmexit *exit); // host/memory.c: RMP faults

// Devices (host/ioport.c, host/mmio.c, host/apic.c). value: in and out; false = no such access.
bool host_io(struct plane *plane, uint16_t port, bool in, unsigned size, uint32_t *value);
bool host_mmio(struct plane *plane, uint64_t gpa, bool write, unsigned size, uint64_t *value);
bool host_rdmsr(struct plane *plane, uint32_t msr, uint64_t *value);
bool host_wrmsr(struct plane *plane, uint32_t msr, uint64_t value);

// Planes and events (host/planes.c)
bool host_switch(struct plane *from, unsigned vmpl); // RUN_VMPL; false = no such plane
uint64_t host_ap_creation(struct plane *caller, uint32_t apic_id, unsigned vmpl, unsigned request,
	uint64_t vmsa_gpa, uint64_t features);				    // 0 or GHCB_ERR_*
void host_send_ipi(struct plane *from, uint64_t icr);			    // x2APIC ICR layout
bool host_post_hv(struct cpu *cpu, unsigned vmpl, uint8_t vector);	    // doorbell event
struct cpuid_regs host_cpuid(struct cpu *cpu, uint32_t leaf, uint32_t sub); // host/cpuid.c

#endif
