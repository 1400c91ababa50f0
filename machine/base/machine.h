// SPDX-License-Identifier: MIT
// The machine's world: physical memory, CPUs, planes, log, end of run. Shared by its three roles
// (cpu/ = the processor, psp/ = the secure processor, host/ = hypervisor), which otherwise meet
// only in cpu/vmrun.h, cpu/rmp.h, host/npt.h and psp/psp.h.
//
// Words: SPA = system-physical address (QEMU's RAM), GPA = guest-physical address without C-bit.
// A CPU here is one QEMU CPU and one vCPU of the guest; a plane is one VMPL of one vCPU.
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/rmp.h"
#include "hw/svm.h"
#include "hw/vmsa.h"
#include "machine/base/io.h"

#define PAGE_SIZE	4096ull
#define PAGE_SHIFT	12
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define LARGE_PAGE_SIZE 0x200000ull
#define LARGE_PAGE_MASK (~(LARGE_PAGE_SIZE - 1))

#define CPUS_MAX	16
#define CBIT_POSITION	39 // below the 40 physical-address bits of QEMU's processor
#define CBIT		(1ull << CBIT_POSITION)
#define GUEST_PHYS_BITS CBIT_POSITION

// Guest general registers that VMRUN does not switch (RAX and RSP are in the VMCB). Order is
// known to cpu/vmrun.S.
struct guest_regs {
	uint64_t rbx, rcx, rdx, rsi, rdi, rbp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
};

struct cpu;

// One plane as the processor holds it while the VMSA is loaded. Only cpu/ looks inside.
struct plane_core {
	struct vmcb *vmcb;
	struct guest_regs regs;
	void *xsave; // XSAVE area of the plane, loaded only while the plane runs
	uint64_t sev_features;
	uint64_t vmsa_spa;
	uint32_t created_seen; // value of plane.created that the state belongs to
	bool vmsa_gone;	       // its page stopped to be a VMSA; under rmp_lock
	bool debug_step;       // gdb stub single-steps this plane
};

// One plane as the host holds it: VMCB control fields and the host's own book-keeping.
struct plane {
	struct cpu *cpu;
	uint8_t vmpl;
	bool present;  // a VMSA was given (launch or AP creation)
	bool runnable; // may be entered; cleared by AP reset hold and AP destroy
	bool halted;   // left by HLT, wakes by an event
	uint64_t vmsa_gpa;
	uint64_t sev_features;	  // as named at AP creation; the processor checks against the VMSA
	uint64_t ghcb_msr;	  // VMCB field GHCB_GPA: what MSR 0xc0010130 holds
	uint64_t ghcb_registered; // GPA registered with the host, ~0 = none
	uint64_t doorbell_gpa;	  // 0 = none
	uint32_t created;   // counts the VMSAs this plane was given, so that the processor starts
			    // afresh
	uint32_t event_inj; // to inject at the next entry, EVENTINJ layout
	uint32_t event_inj_err;
	bool nmi_pending;
	bool hv_pending;    // #HV to deliver (restricted injection)
	uint64_t apic_base; // MSR 0x1b as the guest sees it
	bool create_on_init;
	struct plane_core core;
};

struct cpu {
	struct cpu *self;      // GS:0
	uint64_t stack_top;    // GS:8, machine's own stack
	uint64_t host_vmcb_pa; // GS:16, VMSAVE area of the machine itself
	uint32_t index;
	uint32_t apic_id;
	uint64_t hsave_pa;
	uint64_t stack_guard; // GS:40 and FS:40, where compilers look for the stack protector's
			      // value
	uint8_t current; // VMPL that runs or is to run next
	_Atomic bool online;
	_Atomic bool kick;	     // leave the guest and look at the mailbox
	_Atomic uint32_t flush_seen; // last TLB generation honoured, cpu/npt.c
	_Atomic uint32_t running;    // 1 + VMPL while inside VMRUN, else 0
	_Atomic uint64_t
		vmsa_in_use; // SPA of the VMSA that runs here, 0 = none; set under rmp_lock
	struct plane plane[VMPL_COUNT];
	// Requests of other CPUs, under host_lock: a new VMSA for a plane
	struct {
		bool valid;
		bool destroy;
		bool on_init;
		bool at_once; // the old VMSA must not run again
		bool reset;   // by a more privileged plane: starts as after reset
		uint64_t vmsa_gpa;
		uint64_t sev_features;
	} create[VMPL_COUNT];
	_Atomic uint32_t guest_nmi; // NMIs that the guest sent to this CPU
};

extern struct cpu *cpus[CPUS_MAX];
extern uint32_t cpu_count;

static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

// All of QEMU's physical memory and devices below 1 TiB, in the machine's address space.
#define DIRECT_MAP_BASE 0xffff800000000000ull
static inline void *spa_ptr(uint64_t spa)
{
	return (void *)(DIRECT_MAP_BASE + spa);
}

// Memory layout of the run (base/memory.c). Guest RAM is identity: GPA == SPA, so that QEMU's
// devices reach guest buffers; other GPAs named by an IGVM file (firmware below 4 GiB, ...) are
// backed from the machine's pool.
struct ram_range {
	uint64_t base, size; // bytes, SPA
};
#define RAM_RANGES_MAX 4
#define VGA_HOLE_BASE  0xa0000ull // a device's window, never RAM
#define VGA_HOLE_END   0xc0000ull
struct machine_memory {
	struct ram_range guest[RAM_RANGES_MAX]; // guest RAM, GPA == SPA
	uint32_t guest_count;
	uint64_t pool_base, pool_size; // the machine's own, top of RAM
	uint64_t spa_end;	       // first SPA beyond all RAM
};
extern struct machine_memory memory;
// Page-aligned, zeroed; NULL when the pool is used up. Never freed.
void *pool_alloc(size_t bytes) __attribute__((warn_unused_result));
uint64_t pool_spa(const void *ptr); // pointer of pool_alloc -> SPA
uint64_t pool_free_bytes(void);

enum trace_mode { TRACE_MODE_NONE, TRACE_MODE_EXITS, TRACE_MODE_LAST };

// Options: lines key=value of the fw_cfg file opt/copra/options (base/options.c)
struct options {
	uint64_t mem; // guest memory, bytes; 0 = all that the machine does not need
	enum trace_mode trace;
	bool testdev;  // planes may end the run through port 0xf4
	int log_level; // 0 error .. 3 debug
	int gdb_vmpl;  // -1 none, else the plane that a debugger wants stopped at its start
};
extern struct options options;

// QEMU's fw_cfg device seen from the machine (base/fwcfg.c)
bool fwcfg_find(const char *name, uint16_t *select, uint32_t *size)
	__attribute__((warn_unused_result));
// Reads bytes of an item from its start into the machine's memory by DMA; false on a device error.
bool fwcfg_read(uint16_t select, uint32_t offset, void *to, uint32_t size)
	__attribute__((warn_unused_result));

// Log (base/log.c). A line gets the time since start and its level; %s %c %d %u %x %lx %lu %p.
enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
// Exit trace: each line to its file, or with TRACE_MODE_LAST the last ones at the end of the run.
void trace_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void trace_flush(void);
uint64_t time_us(void); // microseconds since the machine started
uint64_t tsc_khz(void); // rate of the time-stamp counter, which all planes share

// End of the run: what QEMU's exit status tells the launcher ((value << 1) | 1)
enum end_code {
	END_TEST_PASS = 0x10,
	END_TEST_FAIL = 0x11,
	END_GUEST_TERMINATED = 0x20,  // a plane asked for termination
	END_MACHINE_STOPPED = 0x21,   // the architecture or the host stopped the VM
	END_BAD_CONFIGURATION = 0x22, // options, IGVM file
};
void machine_last_words(void); // what the logs get before the run may be over
_Noreturn void machine_end(enum end_code code);
// Logs reason, then registers and stack of every plane of this CPU, then ends.
_Noreturn void machine_stop(struct plane *plane, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
// The machine's own mistake: logs and ends with END_MACHINE_STOPPED.
_Noreturn void machine_bug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// Locks: ticket spin locks. Order: host_lock, then rmp_lock, then log_lock.
struct spinlock {
	_Atomic uint32_t next, owner;
};
void spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);
extern struct spinlock host_lock; // planes' create requests, PSC attributes, fw_cfg state
extern struct spinlock rmp_lock;  // RMP entries and the shadow nested tables

// Makes a CPU leave the guest soon (NMI); the caller set what it should look at before.
void cpu_kick(struct cpu *cpu);
void cpu_nmi_again(void); // an NMI to this CPU itself, as a kick
// Sleeps until this CPU was kicked, and takes the kick.
void cpu_wait(struct cpu *cpu);
// Empties the local APIC of this CPU of interrupts that are requested or in service, as a guest
// would take and end them; all sources are masked and TPR is 0. No kick gets lost. False: they keep
// coming.
bool cpu_drop_interrupts(void) __attribute__((warn_unused_result));

#endif
