// SPDX-License-Identifier: MIT
// What the host keeps about a plane besides struct plane, and the host's own internal calls.
#ifndef HOST_PLANE_H
#define HOST_PLANE_H

#include "hw/x86.h"
#include "lib/bytes.h"
#include "machine/host/host.h"

// APIC registers of a plane with restricted injection: it owns no real APIC, the doorbell is its
// interrupt controller, so what it writes is only kept.
#define VIRTUAL_APIC_REGS 0x40

struct host_plane {
	bool start;	 // created to run at once, and has not run yet
	bool nmi_masked; // an NMI was injected and NMI_COMPLETE not seen
	bool held;	 // waits in AP reset hold of the GHCB protocol
	bool waking;	 // was woken from there, for a creation that waits until its next VMGEXIT
	uint64_t dr7;	 // as the guest told: the host cannot read the VMSA
	uint64_t tsc_aux;
	_Atomic uint64_t
		irr[4]; // restricted injection: vectors posted, not yet in the doorbell page
	_Atomic bool nmi_event; // restricted injection: an NMI for the doorbell page
	uint32_t apic[VIRTUAL_APIC_REGS];
	uint64_t timer_end; // of its virtual APIC, in TSC ticks; 0: off
};

struct host_plane *host_plane(const struct plane *plane);

// Restricted or alternate injection: the host may inject nothing but #HV (or nothing at all).
static inline bool host_restricted(const struct plane *plane)
{
	return plane->sev_features & SEV_FEATURE_RESTRICTED_INJECTION;
}

// Whether the CPU's real local APIC belongs to the plane (planes.c).
bool host_direct_irq(const struct plane *plane);
void host_plane_init(struct plane *plane);	       // mailbox.c: a vCPU as after RESET
void host_mailbox(struct cpu *cpu);		       // mailbox.c: honours requests of other CPUs
struct plane *host_pick(struct cpu *cpu);	       // planes.c: NULL = nothing to run, wait
void host_inject(struct plane *plane);		       // planes.c: event for the next entry
void host_woken(struct plane *plane);		       // mailbox.c: VMGEXIT of a waking plane
struct cpu *host_cpu_by_apic_id(uint32_t apic_id);     // NULL = none
void host_init_ipi(struct cpu *target, unsigned vmpl); // ap.c: INIT starts a create-on-INIT plane
void host_msr_init(const struct cpu *cpu);	       // msr.c: values after RESET

// doorbell.c
bool doorbell_pending(struct plane *plane);	    // an event that the page can take now
void doorbell_deliver(struct plane *plane);	    // moves events to the page, sets hv_pending
bool host_hv_ipi(struct plane *from, uint64_t icr); // false = not an IPI of this kind

// memory.c: a copy of guest memory that may cross pages; false = some of it is not shared
bool host_read_shared(uint64_t gpa, void *to, uint64_t size) __attribute__((warn_unused_result));
bool host_write_shared(uint64_t gpa, const void *from, uint64_t size)
	__attribute__((warn_unused_result));
bool host_range_shared(uint64_t gpa, uint64_t size) __attribute__((warn_unused_result));

// apic.c: the real local APIC; offset inside the xAPIC page. virtual_apic.c: a plane without one.
bool apic_mmio(struct plane *plane, uint32_t offset, bool write, unsigned size, uint64_t *value);
bool apic_rdmsr(struct plane *plane, uint32_t msr, uint64_t *value);
bool apic_wrmsr(struct plane *plane, uint32_t msr, uint64_t value);
bool apic_base_write(struct plane *plane, uint64_t value);
void apic_send_raw(uint32_t high, uint32_t low); // xAPIC ICR of this CPU
void apic_reset(struct cpu *cpu);		 // the CPU itself; nothing pending
bool apic_logical_match(const struct cpu *cpu, uint8_t destination); // xAPIC logical mode
bool virtual_apic_rdmsr(struct plane *plane, uint32_t msr, uint64_t *value);
bool virtual_apic_wrmsr(struct plane *plane, uint32_t msr, uint64_t value);
void virtual_apic_timers(struct cpu *cpu); // posts what is due; at each entry
#define X2APIC_LDR(id) (((uint32_t)(id) >> 4) << 16 | 1u << ((id)&15))

// console.c: the SVSM's log is what VMPL0 writes to its COM1
void console_io(struct plane *plane, unsigned reg, bool in, uint32_t *value);
void console_flush(struct cpu *cpu); // a line that has no end yet

// fwcfg.c: ports 0x510..0x51b. memory_map.c: the guest's view of the memory sizes.
void fwcfg_io(struct plane *plane, uint16_t port, bool in, unsigned size, uint32_t *value);
void host_memory_map_init(void); // once, before any plane runs
const void *host_memory_map(uint32_t *size);
uint16_t host_memory_map_select(void); // its fw_cfg key
uint8_t host_cmos_memory(uint8_t index, uint8_t value);

// flash.c: the firmware's image below 4 GiB
void flash_keep(uint64_t gpa, struct bytes data); // a page of the launch; data stays where it is
bool flash_covers(uint64_t gpa);
bool flash_share(uint64_t gpa); // the page stops to be private
// Around every change of a page's state, with host_lock held: what the guest sees from now on, and
// what it has written.
void flash_show(uint64_t gpa, uint64_t spa);
void flash_keep_written(uint64_t gpa, uint64_t spa);
bool flash_mmio(uint64_t gpa, bool write, unsigned size, uint64_t *value);

// term.c: ends the run. set, code: as the MSR protocol names them.
_Noreturn void host_terminate(struct plane *plane, unsigned set, unsigned code);

// trace.c
enum trace_kind { TRACE_EXIT, TRACE_MSR, TRACE_GHCB };
void trace_count(const struct plane *plane, enum trace_kind kind, uint64_t code);
void trace_exit(const struct plane *plane, const struct vmexit *exit);
void trace_msr(const struct plane *plane, uint64_t request);
const char *trace_ghcb_name(uint64_t code);

// KVM's paravirtual clock (pvclock.c). Results: whether the leaf or MSR is one of its own; *ok: the
// write was possible, else #GP.
void pvclock_init(void);
bool pvclock_cpuid(uint32_t leaf, struct cpuid_regs *r);
bool pvclock_wrmsr(struct plane *plane, uint32_t msr, uint64_t value, bool *ok);

#endif
